import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { type Served, serve } from '../../support/serve.ts'

export interface Scraped {
  readonly contentType: string
  readonly body: string
}

export interface Relay extends Served {
  /** What was scraped through it, by path, in order. */
  readonly scrapes: ReadonlyMap<string, readonly Scraped[]>
}

/**
 * Stands between a scraper and an endpoint, and keeps what the scraper is sent. Prometheus 2 cannot be
 * told which format to ask for: a path (`/text`) can have an `Accept` header of its own.
 */
export async function relayTo(
  endpoint: string,
  accepts: Readonly<Record<string, string | undefined>>,
): Promise<Relay> {
  const scrapes = new Map<string, Scraped[]>()
  const served = await serve((req, res) => {
    const path = req.url ?? ''
    const headers = { ...req.headers, accept: accepts[path] ?? req.headers.accept ?? '' }
    request(endpoint, { headers, agent: false }, async (response) => {
      const content = Buffer.concat(await response.toArray())
      res.writeHead(response.statusCode ?? 502, response.headers).end(content)
      const isCoded = response.headers['content-encoding'] === 'gzip'
      const body = (isCoded ? gunzipSync(content) : content).toString()
      const contentType = response.headers['content-type'] ?? ''
      scrapes.set(path, [...(scrapes.get(path) ?? []), { contentType, body }])
    })
      .on('error', () => res.destroy())
      .end()
  })
  return Object.assign(served, { scrapes })
}
