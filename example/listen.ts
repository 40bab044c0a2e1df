import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'

export interface Service {
  readonly url: string
  /** Waits for the requests in progress, for two seconds at most. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Serves on `PORT` (default 3000, 0 for any free one) of `HOST` (default 127.0.0.1). */
export async function listen(handler: RequestListener): Promise<Service> {
  const server = createServer(handler)
  server.listen(Number(process.env['PORT'] ?? 3000), process.env['HOST'] ?? '127.0.0.1')
  await once(server, 'listening')
  return {
    url: urlOf(server.address()),
    async [Symbol.asyncDispose]() {
      server.close()
      const deadline = setTimeout(() => server.closeAllConnections(), 2000)
      await once(server, 'close')
      clearTimeout(deadline)
    },
  }
}

function urlOf(address: ReturnType<ReturnType<typeof createServer>['address']>): string {
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address')
  const wildcard = address.address === '0.0.0.0' || address.address === '::'
  const host = wildcard ? 'localhost' : address.address
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
