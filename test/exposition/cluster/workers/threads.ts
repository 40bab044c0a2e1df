/** A main thread and its workers, all under exposeMetrics. Tells its parent where they listen. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { exposeMetrics } from '../../../../src/index.ts'
import { count, registry, setLevels } from './application.ts'

const server = createServer(exposeMetrics(undefined, { registry, workers: 'threads' }))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  if (isMainThread) main(port)
  else tell({ port })
})

function tell(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- there are none in Node
  parentPort?.postMessage(message)
}

if (!isMainThread) {
  setLevels((workerData as { level: number }).level)
  parentPort?.on('message', (task: string) => {
    if (task === 'count') count()
    if (task === 'exit') process.exit(0)
    tell({ done: task })
  })
}

/** A thread of TypeScript has to be told how to read it. */
const entry = new URL(
  `data:text/javascript,import { register } from '${import.meta.resolve('tsx/esm/api')}'; register(); await import('${import.meta.url}')`,
)

function main(port: number): void {
  setLevels(1)
  const workers: Worker[] = []
  const start = (level: number): Worker => new Worker(entry, { workerData: { level } })
  for (const level of [20, 30]) {
    const worker = start(level)
    workers.push(worker)
    worker.on('message', (message: { port?: number }) => {
      if (message.port !== undefined)
        process.send?.({ main: port, [`thread${level}`]: message.port })
      else process.send?.(message)
    })
    worker.on('exit', () => process.send?.({ ended: level }))
  }
  process.on('message', ({ worker, task }: { worker: number; task: string }) => {
    if (task === 'terminate') void workers[worker]?.terminate()
    else workers[worker]?.postMessage(task)
  })
}
