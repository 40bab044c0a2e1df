import { once } from 'node:events'
import { createServer } from 'node:http'

export interface SlowServer extends AsyncDisposable {
  readonly url: string
}

/** A server of another team, which answers after 2 s. */
export async function startSlowServer(): Promise<SlowServer> {
  const server = createServer((_request, response) => {
    setTimeout(() => response.end(), 2000)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}
