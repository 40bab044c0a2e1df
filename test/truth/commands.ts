import type { EventEmitter } from 'node:events'
import type { ClientBase } from 'pg'

/** What the server has answered to a client, by the tag of the command: `BEGIN`, `INSERT`, … */
export type CommandCounts = Map<string, number>

/**
 * An `onConnect` of a pg pool that counts the server's answers. A COMMIT of a transaction that has
 * failed is answered with `ROLLBACK`, so `COMMIT` is what was really committed.
 */
export function observeCommands(counts: CommandCounts): (client: ClientBase) => void {
  return (client) => {
    connectionOf(client).on('commandComplete', ({ text }: { text: string }) => {
      const command = text.split(' ')[0] as string
      counts.set(command, (counts.get(command) ?? 0) + 1)
    })
  }
}

/** An `onConnect` of a pg pool that collects the SQL texts that are sent. */
export function recordTexts(texts: Set<string>): (client: ClientBase) => void {
  return (client) => {
    const connection = connectionOf(client)
    const { query, parse } = connection
    connection.query = (text) => {
      texts.add(text)
      query.call(connection, text)
    }
    connection.parse = (statement, ...rest) => {
      texts.add(statement.text)
      parse.call(connection, statement, ...rest)
    }
  }
}

/** The private connection of a client of pg. */
function connectionOf(client: ClientBase): SendingConnection {
  return (client as unknown as { connection: SendingConnection }).connection
}

interface SendingConnection extends EventEmitter {
  query(text: string): void
  parse(statement: { readonly text: string }, ...rest: unknown[]): void
}
