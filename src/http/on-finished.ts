import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import { processState } from '../support/process-state.ts'

/** A request and its response in Node's servers. */
export type NodeRequest = IncomingMessage | Http2ServerRequest
export type NodeResponse = ServerResponse | Http2ServerResponse

const openBySocket = processState('open-requests', 2, () => new WeakMap<Socket, (() => void)[]>())

/** Whether the response is closed: its client may have gone before the request got here. */
export function isFinished(res: NodeResponse): boolean {
  const { destroyed, stream } = res as Partial<ServerResponse & Http2ServerResponse>
  return destroyed === true || stream?.destroyed === true
}

/** Calls back once, when the response is closed, or its socket if the response never closes. */
export function onFinished(req: NodeRequest, res: NodeResponse, callback: () => void): void {
  if (isFinished(res)) {
    process.nextTick(callback)
    return
  }
  if (req.httpVersionMajor >= 2) {
    res.once('close', callback)
    return
  }
  if (!isEmitter(req.socket)) {
    onEnded(res, callback)
    return
  }
  // The response never closes if a handler takes the socket (an upgrade), or if the client disconnects
  // while its pipelined requests wait.
  const open = openOn(req.socket)
  const finish = (): void => {
    const at = open.indexOf(finish)
    if (at === -1) return
    open.splice(at, 1)
    callback()
  }
  open.push(finish)
  res.once('close', finish)
}

/** Requests made by adapters of cloud functions have no connection. */
function isEmitter(socket: Partial<Socket> | undefined): boolean {
  return typeof socket?.once === 'function'
}

function onEnded(res: NodeResponse, callback: () => void): void {
  let isEnded = false
  const end = (): void => {
    if (!isEnded) callback()
    isEnded = true
  }
  res.once('finish', end)
  res.once('close', end)
}

// One listener per socket, not per request: a client may pipeline any number of requests. They end in
// order, so the one that ends is the first.
function openOn(socket: Socket): (() => void)[] {
  let open = openBySocket.get(socket)
  if (open === undefined) {
    const requests: (() => void)[] = []
    open = requests
    openBySocket.set(socket, requests)
    socket.once('close', () => {
      // Each removes itself.
      while (requests.length > 0) requests[0]?.()
    })
  }
  return open
}
