import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Sender = 'client' | 'server'

/**
 * Cuts the connection after a number of messages of one side, counted since it was set: of the client, when
 * the next message arrives, which is lost; of the server, at once.
 */
export interface Cut {
  readonly sender: Sender
  readonly after: number
}

/** A proxy in front of a Postgres, which forwards message by message. */
export interface MessageProxy extends AsyncDisposable {
  readonly port: number
  /** Begins to count messages; cuts once, if `cut` is given. */
  watch(cut?: Cut): void
  /** The messages of each side since `watch`, by their type. */
  readonly seen: Readonly<Record<Sender, string[]>>
}

/** Splits a stream of the protocol into messages: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function framing(hasStartup: boolean): (chunk: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0)
  let isStartup = hasStartup
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: Buffer[] = []
    for (;;) {
      const header = isStartup ? 0 : 1
      if (rest.length < header + 4) return messages
      const length = header + rest.readInt32BE(header)
      if (rest.length < length) return messages
      messages.push(rest.subarray(0, length))
      rest = rest.subarray(length)
      isStartup = false
    }
  }
}

export async function startMessageProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<MessageProxy> {
  const sockets = new Set<Socket>()
  const seen = { client: [] as string[], server: [] as string[] }
  let cut: Cut | undefined

  function forward(sender: Sender, from: Socket, to: Socket): void {
    const split = framing(sender === 'client')
    from.on('data', (chunk) => {
      for (const message of split(chunk)) {
        if (from.destroyed || from.writableEnded) return
        const isDue = cut?.sender === sender && seen[sender].length >= cut.after
        if (!isDue) {
          seen[sender].push(String.fromCodePoint(message[0] as number))
          to.write(message)
        }
        const isLast = cut?.sender === sender && seen[sender].length >= cut.after
        if (isDue || (isLast && sender === 'server')) {
          cut = undefined
          // What was forwarded arrives: the other side gets its end after it.
          to.end()
          from.destroy()
          return
        }
      }
    })
    from.on('close', () => to.end())
  }

  const server = createServer((client) => {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {})
    }
    forward('client', client, upstream)
    forward('server', upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    watch(next) {
      cut = next
      seen.client.length = 0
      seen.server.length = 0
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
