import type { ServerResponse } from 'node:http'
import { type NodeRequest, type NodeResponse, onFinished } from '../../../http/on-finished.ts'
import type { EventSink } from '../../../live/events/event-stream.ts'
import type { AuthorizedResponse } from './live-handler.ts'

/** Sends an answer of the live page; a stream of events stays open. */
export function sendLive(
  { status, headers, body }: AuthorizedResponse,
  req: NodeRequest,
  nodeResponse: NodeResponse,
): void {
  // The two classes agree on every member used here, but not on the types of their overloads.
  const res = nodeResponse as ServerResponse
  res.on('error', () => res.destroy())
  res.statusCode = status
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  if (req.method === 'HEAD') {
    res.end()
  } else if (typeof body === 'string' || body instanceof Uint8Array) {
    res.end(body)
  } else {
    // A stream that has ended must not keep its connection: the server may wait for it.
    if (req.httpVersionMajor < 2) res.setHeader('connection', 'close')
    const close = body.open(sinkOf(req, res))
    onFinished(req, nodeResponse, close)
  }
}

function sinkOf(req: NodeRequest, res: ServerResponse): EventSink {
  // Node's HTTP servers leave themselves on their sockets.
  const { server } = req.socket as { readonly server?: { readonly listening?: boolean } }
  return {
    get ready() {
      return !res.writableNeedDrain
    },
    get closing() {
      return server?.listening === false
    },
    write: (event) => void res.write(event),
    end: () => void res.end(),
    destroy: () => void res.destroy(),
  }
}
