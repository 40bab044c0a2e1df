import { connect, createServer, type Socket } from 'node:net'
import { listen, type Served } from '../../support/serve.ts'

/** A relay whose target can change, as the address of a database does in a failover. */
export async function startRelay(target: () => number): Promise<Served> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target() })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.pipe(upstream)
    upstream.pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  const served = await listen(server, 'tcp')
  return {
    ...served,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await served[Symbol.asyncDispose]()
    },
  }
}
