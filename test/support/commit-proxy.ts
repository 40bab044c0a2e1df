import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

/**
 * What happens to the next COMMIT: `lost` never reaches the server, `unanswered` does, and its answer
 * is dropped. The client sees the same both times: a connection that closes.
 */
export type Cut = 'lost' | 'unanswered' | undefined

/** A TCP proxy in front of a database that closes connections at their COMMIT. */
export interface CommitProxy extends AsyncDisposable {
  readonly port: number
  /** Applied to the next COMMIT alone. */
  cut: Cut
  /** The connection of a lost COMMIT is closed once it resolves. */
  lost?: () => Promise<void>
}

export async function startCommitProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<CommitProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {})
    }
    let answerIsCut = false
    let isLost = false
    client.on('data', (sent) => {
      const cut = sent.includes('COMMIT') ? proxy.cut : undefined
      if (cut !== undefined) proxy.cut = undefined
      if (cut === 'lost') {
        isLost = true
        void Promise.resolve(proxy.lost?.()).then(() => {
          client.destroy()
          upstream.destroy()
        })
        return
      }
      answerIsCut = cut === 'unanswered'
      upstream.write(sent)
    })
    upstream.on('data', (answer) => {
      if (answerIsCut) {
        client.destroy()
        upstream.destroy()
      } else client.write(answer)
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => {
      if (!isLost) client.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: CommitProxy = {
    port: (server.address() as AddressInfo).port,
    cut: undefined,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
