import {
  BroadcastChannel,
  MessageChannel,
  MessagePort,
  postMessageToThread,
} from 'node:worker_threads'
import { isObject } from '../../support/validate.ts'
import { isMessage, type Message } from './message.ts'
import type { PrimaryTransport, WorkerTransport } from './transport.ts'

const mainThread = 0

/** The channel on which the main thread asks all threads to connect, if its exposeMetrics is called last. */
const channelName = 'prisma-prometheus.threads.2'

/** Marks the messages that carry a port: they share an event with the application's own. */
const protocol = 'prisma-prometheus.2'

const ports = new Map<string, MessagePort>()

/**
 * A port to every thread, which are named by their ids. A port closes after the
 * last message of its thread, even if another thread started it, or before the main thread connected.
 */
export const mainThreadPrimary: PrimaryTransport = {
  send(id, message) {
    post(ports.get(id), message)
  },
  broadcast(message) {
    const channel = new BroadcastChannel(channelName)
    post(channel, message)
    channel.close()
  },
  listen(primary) {
    process.on('workerMessage', (value: unknown, source: number) => {
      if (!isConnection(value)) return
      const { port } = value
      const id = String(source)
      ports.set(id, port)
      port.on('message', (message: unknown) => {
        if (isMessage(message) && ports.has(id)) primary.onMessage(id, message)
      })
      port.once('close', () => {
        if (ports.get(id) !== port) return
        ports.delete(id)
        primary.onExit(id)
      })
      port.unref()
    })
  },
}

let connection: MessagePort | undefined

export const threadWorker: WorkerTransport = {
  send(message) {
    post(connection, message)
  },
  listen(onMessage) {
    connect(onMessage)
    const channel = new BroadcastChannel(channelName)
    channel.addEventListener('message', (event) => {
      const { data } = event as Event & { readonly data: unknown }
      if (!isMessage(data)) return
      connect(onMessage)
      onMessage(data)
    })
    channel.unref()
  },
  beforeEnd(report) {
    process.once('exit', report)
  },
}

// Messages may be posted at once: the port keeps them until the main thread takes its other end.
function connect(onMessage: (message: Message) => void): void {
  const { port1, port2 } = new MessageChannel()
  connection?.close()
  connection = port1
  port1.on('message', (message: unknown) => {
    if (isMessage(message)) onMessage(message)
  })
  port1.unref()
  // It fails until exposeMetrics is called in the main thread, which then asks the threads to connect.
  postMessageToThread(mainThread, { connection: protocol, port: port2 }, [port2]).catch(() => {})
}

interface Connection {
  readonly connection: typeof protocol
  readonly port: MessagePort
}

function isConnection(value: unknown): value is Connection {
  return (
    isObject(value) &&
    'connection' in value &&
    value.connection === protocol &&
    'port' in value &&
    value.port instanceof MessagePort
  )
}

function post(to: MessagePort | BroadcastChannel | undefined, message: Message): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Node has no origins
  to?.postMessage(message)
}
