import type { ServerResponse } from 'node:http'
import { type NodeRequest, type NodeResponse, onFinished } from '../../http/on-finished.ts'
import type { ScrapeResponse } from './metrics-handler.ts'
import { timeable } from './timeout.ts'

/**
 * Sends a response at its reader's pace. The connection is closed if it has not taken the whole body
 * after `timeoutSeconds`.
 */
export function send(
  response: ScrapeResponse,
  req: NodeRequest,
  nodeResponse: NodeResponse,
  timeoutSeconds: number,
): void {
  // The two classes agree on every member used here, but not on the types of their overloads.
  const res = nodeResponse as ServerResponse
  const timer = setTimeout(() => res.destroy(), timeable(timeoutSeconds) * 1000)
  onFinished(req, nodeResponse, () => clearTimeout(timer))
  // A client that disconnects is not an error.
  res.on('error', () => res.destroy())
  // One by one, so that middleware in front of this one can read them.
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

// One listener for the whole body: middleware such as compression() moves listeners of `drain` to its
// own stream, from where `once` does not remove them.
function writeChunks(chunks: readonly Uint8Array[], res: ServerResponse): void {
  let next = 0
  let isEnded = false
  const write = (): void => {
    while (next < chunks.length) {
      const chunk = chunks[next]
      next += 1
      if (!res.write(chunk) && next < chunks.length) return
    }
    if (isEnded) return
    isEnded = true
    res.end()
  }
  if (chunks.length > 1) res.on('drain', write)
  write()
}
