import { createServer, type RequestListener, type Server } from 'node:http'
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
} from 'node:net'

/** A server on the loopback, up until the end of its scope. */
export interface Served extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly server: NetServer
}

export function serve(listener: RequestListener): Promise<Served> {
  return listen(createServer(listener))
}

export async function listen(server: NetServer, scheme = 'http'): Promise<Served> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    server,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      if ('closeAllConnections' in server) (server as Server).closeAllConnections()
      await closed
    },
  }
}

/** A port that nobody has at the moment, for a program that wants to be told one. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createNetServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
