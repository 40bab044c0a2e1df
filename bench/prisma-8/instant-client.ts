import { Client } from 'pg'

const nothing = { command: 'SELECT', rowCount: 0, rows: [], fields: [] }
const tag = { command: 'SELECT', rowCount: 1, rows: [{ id: 1, name: 'urgent' }], fields: [] }

/**
 * A connection of `pg` without a database. It answers every statement at once, so that only Prisma and
 * the instrumentation are measured.
 */
export class InstantClient extends Client {
  override connect(...args: unknown[]): never {
    const [connected] = args as [() => void]
    return connected() as never
  }

  /** Prisma first asks for the marker of its contract, which does not exist. */
  override query(...args: unknown[]): never {
    const [{ text }] = args as [{ text: string }]
    return Promise.resolve(text.includes('"Tag"') ? tag : nothing) as never
  }

  // An unconnected socket keeps each call until it connects.
  ref(): void {}

  unref(): void {}

  override end(...args: unknown[]): never {
    const [ended] = args as [(() => void)?]
    return ended?.() as never
  }
}
