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
    const { connection } = client as unknown as { connection: EventEmitter }
    connection.on('commandComplete', ({ text }: { text: string }) => {
      const command = text.split(' ')[0] as string
      counts.set(command, (counts.get(command) ?? 0) + 1)
    })
  }
}
