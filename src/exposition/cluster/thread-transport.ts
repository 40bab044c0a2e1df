import { BroadcastChannel, threadId, type Worker } from 'node:worker_threads'
import { isMessage, type Message } from './message.ts'
import type { HubTransport, MemberTransport } from './transport.ts'

/** How long what a thread said may be on its way after its end, in milliseconds. */
const lingering = 100

const hubName = 'prisma-prometheus.hub'

function memberName(id: string | number): string {
  return `prisma-prometheus.thread.${id}`
}

interface Envelope {
  readonly from: number
  readonly message: Message
}

/** Over channels of this process, one a thread. A member is called by its thread's id. */
export const threadHub: HubTransport = {
  send: (member, message) => post(memberName(member), message),
  broadcast: (message) => post(memberName('all'), message),
  listen(hub) {
    hear(hubName, ({ from, message }) => hub.onMessage(String(from), message))
    process.on('worker', (worker: Worker) => {
      const member = String(worker.threadId)
      worker.once('exit', () => setTimeout(() => hub.onGone(member), lingering))
    })
  },
}

export const threadMember: MemberTransport = {
  send: (message) => post(hubName, message),
  listen(onMessage) {
    for (const id of [threadId, 'all']) hear(memberName(id), ({ message }) => onMessage(message))
  },
}

function hear(name: string, listener: (envelope: Envelope) => void): void {
  const channel = new BroadcastChannel(name)
  channel.addEventListener('message', (event) => {
    const { data } = event as Event & { data: Partial<Envelope> }
    if (isMessage(data.message)) listener(data as Envelope)
  })
  // Hearing is no reason to stay alive.
  channel.unref()
}

// A channel that stayed open would be sent what others post under its name, and never read it.
function post(name: string, message: Message): void {
  const channel = new BroadcastChannel(name)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- there are none in Node
  channel.postMessage({ from: threadId, message } satisfies Envelope)
  channel.close()
}
