import cluster from 'node:cluster'
import { isMessage } from './message.ts'
import type { HubTransport, MemberTransport } from './transport.ts'

/** Over the channels between a primary and its workers. A member is called by its worker's id. */
export const clusterHub: HubTransport = {
  send(member, message) {
    const worker = cluster.workers?.[member]
    // A worker that ends while it is written to is told of by its exit.
    if (worker?.isConnected()) worker.send(message, () => {})
  },
  broadcast(message) {
    for (const id of Object.keys(cluster.workers ?? {})) clusterHub.send(id, message)
  },
  listen(hub) {
    cluster.on('message', (worker, message: unknown) => {
      if (isMessage(message)) hub.onMessage(String(worker.id), message)
    })
    // Not its exit: what it sent before may still be on its way then.
    cluster.on('disconnect', (worker) => hub.onGone(String(worker.id)))
  },
}

export const clusterMember: MemberTransport = {
  send(message) {
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  },
  listen(onMessage) {
    process.on('message', (message) => {
      if (isMessage(message)) onMessage(message)
    })
  },
}
