/** A primary whose workers start, count and end on command, or a main thread and its threads. */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Gauge } from 'prom-client'
import { exposeMetrics } from '../../../../src/index.ts'
import { count, registry, setLevels } from './application.ts'
import type { Command, Kind, WayToEnd } from './commands.ts'

const kind = process.env['KIND'] as Kind
const options = { registry, workers: kind, onError: () => {} }
setLevels(1)
const isPrimary = kind === 'cluster' ? cluster.isPrimary : isMainThread
if (isPrimary && 'SLOW_MILLISECONDS' in process.env) {
  const collect = (): Promise<void> => sleep(Number(process.env['SLOW_MILLISECONDS']))
  new Gauge({ name: 'slow', help: 's', registers: [registry], collect }).set(1)
}

/** A worker as the one that started it sees it. */
interface Started {
  /** Resolves when the worker has answered. */
  send(command: Command): Promise<void>
  /** Resolves when the worker has ended. */
  end(command: Extract<Command, { kind: 'end' }>): Promise<void>
}

if (isPrimary) {
  const workers = new Map<number, Started>()
  process.on('message', (command: Command) => {
    void obey(command, workers).then((result) => process.send?.(result))
  })
  process.send?.({})
} else {
  exposeMetrics(undefined, options)
  workerMain()
}

async function obey(command: Command, workers: Map<number, Started>): Promise<object> {
  if (command.kind === 'serve') {
    const server = createServer(exposeMetrics(undefined, options))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { primary: (server.address() as AddressInfo).port }
  }
  if (command.kind === 'start') {
    const { worker, startedBy } = command
    const parent = startedBy === undefined ? undefined : workers.get(startedBy)
    if (parent !== undefined) {
      await parent.send(command)
      workers.set(worker, parent)
    } else {
      workers.set(worker, await (kind === 'cluster' ? startProcess() : startThread(worker)))
    }
    return {}
  }
  const worker = workers.get(command.worker)
  if (worker === undefined) throw new Error(`no worker ${command.worker}`)
  if (command.kind === 'end') {
    workers.delete(command.worker)
    await worker.end(command)
  } else {
    await worker.send(command)
  }
  return {}
}

/** The next answer; exposeMetrics sends other messages over the same channel. */
function answerOf(worker: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    worker.on('message', function receive(message: object) {
      if (!('answered' in message)) return
      worker.off('message', receive)
      resolve()
    })
  })
}

async function startProcess(): Promise<Started> {
  const worker = cluster.fork()
  await answerOf(worker)
  return {
    async send(command) {
      const answered = answerOf(worker)
      worker.send(command)
      await answered
    },
    async end(command) {
      const ended = Promise.all([once(worker, 'exit'), once(worker, 'disconnect')])
      worker.send(command)
      if (command.way.includes('primary')) {
        await answerOf(worker)
        if (command.way === 'worker.disconnect() in the primary') worker.disconnect()
        else worker.kill()
      }
      await ended
    },
  }
}

/** Lets a thread read TypeScript. */
const threadEntry = new URL(
  `data:text/javascript,import { register } from '${import.meta.resolve('tsx/esm/api')}'; register(); await import('${import.meta.url}')`,
)

async function startThread(id: number): Promise<Started> {
  const worker = new Worker(threadEntry, { workerData: { id } })
  worker.on('error', () => {})
  await answerOf(worker)
  return {
    async send(command) {
      const answered = answerOf(worker)
      post(worker, command)
      await answered
    },
    async end(command) {
      const ended = command.worker === id ? exitOf(worker) : answerOf(worker)
      post(worker, command)
      if (command.way === 'worker.terminate()' && command.worker === id) {
        await answerOf(worker)
        await worker.terminate()
      }
      await ended
    },
  }
}

// events.once() rejects on an error, which one way to end is.
function exitOf(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once('exit', () => resolve())
  })
}

function workerMain(): void {
  // An application's own way to end in order.
  process.on('SIGTERM', () => process.exit(0))
  if (kind === 'cluster') {
    process.on('message', (command: Command) => {
      // The primary's messages of exposeMetrics come here, too.
      if (command.kind === 'count' || command.kind === 'end') countAndEnd(command, answer)
    })
    answer()
    return
  }
  const { id } = workerData as { readonly id: number }
  const started = new Map<number, Started>()
  parentPort?.on('message', async (command: Command) => {
    if (command.kind === 'start' || ('worker' in command && command.worker !== id)) {
      await obey(
        command.kind === 'start' ? { kind: 'start', worker: command.worker } : command,
        started,
      )
      answer()
    } else if (command.kind === 'count' || command.kind === 'end') {
      countAndEnd(command, answer)
    }
  })
  answer()
}

function answer(): void {
  if (parentPort !== null) post(parentPort, { answered: true })
  else process.send?.({ answered: true })
}

function post(to: Pick<Worker, 'postMessage'>, message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Node has no origins
  to.postMessage(message)
}

function countAndEnd(
  command: Extract<Command, { kind: 'count' | 'end' }>,
  answered: () => void,
): void {
  for (const seconds of command.seconds) count(seconds)
  if (command.kind === 'count') answered()
  else ways[command.way]()
}

const ways: Readonly<Record<WayToEnd, () => void>> = {
  'process.exit()': () => process.exit(0),
  throw: () => {
    // Outside of the promise of the message's listener.
    process.nextTick(() => {
      throw new Error('ended by the test')
    })
  },
  'SIGTERM, handled by process.exit()': () => process.kill(process.pid, 'SIGTERM'),
  'process.disconnect()': () => process.disconnect(),
  'cluster.worker.disconnect()': () => cluster.worker?.disconnect(),
  'cluster.worker.kill()': () => cluster.worker?.kill(),
  'worker.disconnect() in the primary': answer,
  'nothing left to do': () => parentPort?.close(),
  SIGKILL: () => process.kill(process.pid, 'SIGKILL'),
  'worker.kill() in the primary': () => {
    process.removeAllListeners('SIGTERM')
    answer()
  },
  'worker.terminate()': answer,
}
