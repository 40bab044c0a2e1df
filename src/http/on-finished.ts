import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { NodeRequest, NodeResponse } from './node-message.ts'

const openBySocket = new WeakMap<Socket, Set<() => void>>()

/** Whether the response is closed: to something before us, its client may have gone already. */
export function isDone(res: NodeResponse): boolean {
  const { destroyed, stream } = res as Partial<ServerResponse & Http2ServerResponse>
  return destroyed === true || stream?.destroyed === true
}

/** Calls back once, when the response is closed, or its socket where the response never will be. */
export function onceDone(req: NodeRequest, res: NodeResponse, callback: () => void): void {
  if (isDone(res)) {
    process.nextTick(callback)
    return
  }
  if (req.httpVersionMajor >= 2) {
    res.once('close', callback)
    return
  }
  if (!isEmitter(req.socket)) {
    onceEnded(res as ServerResponse, callback)
    return
  }
  // A handler that takes the socket for itself (an upgrade) leaves a response that ends in nothing, and
  // so does a client that goes while requests it has pipelined wait for their turn.
  const open = openOn(req.socket)
  const done = (): void => {
    if (open.delete(done)) callback()
  }
  open.add(done)
  ;(res as ServerResponse).once('close', done)
}

/** Adapters of cloud functions make requests of their own, which have no connection. */
function isEmitter(socket: Partial<Socket> | undefined): boolean {
  return typeof socket?.once === 'function'
}

function onceEnded(res: ServerResponse, callback: () => void): void {
  let isEnded = false
  const end = (): void => {
    if (!isEnded) callback()
    isEnded = true
  }
  res.once('finish', end).once('close', end)
}

// One listener for a socket, not one for a request: a client may pipeline any number of them.
function openOn(socket: Socket): Set<() => void> {
  let open = openBySocket.get(socket)
  if (open === undefined) {
    const requests = new Set<() => void>()
    open = requests
    openBySocket.set(socket, requests)
    socket.once('close', () => {
      for (const done of requests) done()
    })
  }
  return open
}
