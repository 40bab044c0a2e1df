import { createRequire } from 'node:module'
import { join } from 'node:path'
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  Transaction,
} from '@prisma/driver-adapter-utils'
import type { AuditedDatabase } from './audited.ts'
import { auditOf, type Connection, createAuditedTables, type SqliteDriver } from './sqlite.ts'

type Constructor = new (config: { url: string; timeout: number }) => SqlDriverAdapterFactory

/**
 * Where `@prisma/adapter-better-sqlite3` is installed. It compiles from source for longer than all
 * the other packages take, so it is none of the project's: `npm run test:matrix` installs it in a
 * folder of its own, and runs the tests that look here.
 */
const folder = process.env['BETTER_SQLITE3']

export const betterSqlite3 = folder === undefined ? undefined : await load(folder)

async function load(installed: string): Promise<SqliteDriver> {
  const { resolve } = createRequire(join(installed, 'package.json'))
  const path = resolve('@prisma/adapter-better-sqlite3')
  const { PrismaBetterSqlite3 } = (await import(path)) as { PrismaBetterSqlite3: Constructor }
  return {
    name: 'better-sqlite3',
    adapter: (url, timeout) => new PrismaBetterSqlite3({ url, timeout }),
    async open(url) {
      return connectionOf(await new PrismaBetterSqlite3({ url, timeout: 2000 }).connect())
    },
  }
}

/**
 * The adapter runs statements of the outer client in the midst of an open transaction, and they are
 * part of it. Here they wait for its end, as they do with libSQL's adapter.
 */
export function inTurn(factory: SqlDriverAdapterFactory): SqlDriverAdapterFactory {
  return connecting(factory, async (adapter) => {
    let last = Promise.resolve()
    const acquire = async (): Promise<() => void> => {
      const before = last
      let release!: () => void
      last = new Promise((resolve) => {
        release = resolve
      })
      await before
      return release
    }
    const waiting =
      <Query, Result>(run: (query: Query) => Promise<Result>) =>
      async (query: Query): Promise<Result> => {
        const release = await acquire()
        return run(query).finally(release)
      }
    const begin = adapter.startTransaction.bind(adapter)
    adapter.queryRaw = waiting(adapter.queryRaw.bind(adapter))
    adapter.executeRaw = waiting(adapter.executeRaw.bind(adapter))
    adapter.startTransaction = async (level): Promise<Transaction> => {
      const release = await acquire()
      const transaction = await begin(level).catch((error: unknown) => {
        release()
        throw error
      })
      const { commit, rollback } = transaction
      transaction.commit = () => commit.call(transaction).finally(release)
      transaction.rollback = () => rollback.call(transaction).finally(release)
      return transaction
    }
  })
}

/** A database in memory, which is there for as long as the adapter's one connection. */
export function createPrivateMemory(factory: SqlDriverAdapterFactory): AuditedDatabase {
  let connection: Connection | undefined
  return {
    adapter: () =>
      connecting(factory, async (adapter) => {
        connection = connectionOf(adapter)
        await createAuditedTables(connection)
      }),
    async audit() {
      if (connection === undefined) throw new Error('the database: expected a connection, got none')
      return auditOf(connection)
    },
    busy: async () => [],
    [Symbol.asyncDispose]: async () => {},
  }
}

/** The same factory; what it connects is shown to `prepare` first. */
function connecting(
  factory: SqlDriverAdapterFactory,
  prepare: (adapter: SqlDriverAdapter) => Promise<void>,
): SqlDriverAdapterFactory {
  const connect = factory.connect.bind(factory)
  factory.connect = async () => {
    const adapter = await connect()
    await prepare(adapter)
    return adapter
  }
  return factory
}

function connectionOf(adapter: SqlDriverAdapter): Connection {
  // Its methods are replaced later on: these are the bare ones.
  const queryRaw = adapter.queryRaw.bind(adapter)
  return {
    async execute(sql) {
      const { columnNames, rows } = await queryRaw({ sql, args: [], argTypes: [] })
      const named = (row: unknown[]) => columnNames.map((name, index) => [name, row[index]])
      return { rows: rows.map((row) => Object.fromEntries(named(row)) as Record<string, unknown>) }
    },
    executeMultiple: (sql) => adapter.executeScript(sql),
    close: () => adapter.dispose(),
  }
}
