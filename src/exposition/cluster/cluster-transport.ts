import cluster from 'node:cluster'
import { isMessage } from './message.ts'
import type { PrimaryTransport, WorkerTransport } from './transport.ts'

/** The channels between a primary and its workers, which are named by their ids. */
export const clusterPrimary: PrimaryTransport = {
  send(id, message) {
    const worker = cluster.workers?.[id]
    // A write may fail because the worker is ending: its disconnect follows.
    if (worker?.isConnected()) worker.send(message, () => {})
  },
  broadcast(message) {
    for (const id of Object.keys(cluster.workers ?? {})) clusterPrimary.send(id, message)
  },
  listen(primary) {
    // Weak: a service may replace its workers for years.
    const exited = new WeakSet<object>()
    cluster.on('message', (worker, message: unknown) => {
      if (isMessage(message) && !exited.has(worker)) primary.onMessage(String(worker.id), message)
    })
    // Not 'exit': messages may still arrive after it.
    cluster.on('disconnect', (worker) => {
      exited.add(worker)
      primary.onExit(String(worker.id))
    })
  },
}

export const clusterWorker: WorkerTransport = {
  send(message) {
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  },
  listen(onMessage) {
    process.on('message', (message) => {
      if (isMessage(message)) onMessage(message)
    })
  },
  beforeEnd(report) {
    process.once('exit', report)
    // Every way to disconnect calls this method, including worker.disconnect() and worker.destroy().
    // The event `disconnect` is emitted when nothing can be sent any more.
    const disconnect: (this: NodeJS.Process) => void = process.disconnect.bind(process)
    process.disconnect = function (this: NodeJS.Process) {
      report()
      return disconnect.call(this)
    }
  },
}
