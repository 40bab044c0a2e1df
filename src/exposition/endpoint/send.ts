import type { ServerResponse } from 'node:http'
import type { NodeRequest, NodeResponse } from '../../http/node-message.ts'
import { onceDone } from '../../http/on-finished.ts'
import type { ScrapeResponse } from './metrics-handler.ts'
import { timeable } from './timeout.ts'

/**
 * Sends a response at the pace of its reader, who may not take forever over it: a connection that
 * has not taken all of it after `timeoutSeconds` is cut.
 */
export function send(
  response: ScrapeResponse,
  req: NodeRequest,
  nodeResponse: NodeResponse,
  timeoutSeconds: number,
): void {
  // The two classes agree on all that is used, but not on the types of their overloads.
  const res = nodeResponse as ServerResponse
  const timer = setTimeout(() => res.destroy(), timeable(timeoutSeconds) * 1000)
  onceDone(req, nodeResponse, () => clearTimeout(timer))
  // A reader that has gone is no error of ours.
  res.on('error', () => res.destroy())
  // One by one, so that middleware around us can read them.
  res.statusCode = response.status
  for (const [name, value] of Object.entries(response.headers)) res.setHeader(name, value)
  if (req.method === 'HEAD') {
    res.end()
  } else if (typeof response.body === 'string') {
    res.end(response.body)
  } else {
    writeChunks(response.body.chunks, res)
  }
}

function writeChunks(chunks: readonly Uint8Array[], res: ServerResponse): void {
  let next = 0
  const writeOn = (): void => {
    while (next < chunks.length) {
      const chunk = chunks[next]
      next += 1
      if (!res.write(chunk) && next < chunks.length) {
        res.once('drain', writeOn)
        return
      }
    }
    res.end()
  }
  writeOn()
}
