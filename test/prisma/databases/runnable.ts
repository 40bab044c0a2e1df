import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { createDatabase } from '../../support/database/database.ts'
import { PrismaClient as MariadbClient } from '../../fixtures/mariadb/generated/client.ts'
import { PrismaClient as SqliteClient } from '../../fixtures/sqlite/generated/client.ts'
import type { AuditedDatabase } from './audited.ts'
import { type MariadbServer, obstacleToMariadb, startMariadb } from './mariadb.ts'
import { createSqlite } from './sqlite.ts'

interface ClientOptions {
  readonly adapter: SqlDriverAdapterFactory
  readonly transactionOptions?: { readonly maxWait?: number; readonly timeout?: number }
}

/** A kind of database that can be run here. */
export interface RunnableDatabase {
  readonly name: string
  /** Undefined where it has no pool. */
  readonly pool: 'pg' | 'mariadb' | undefined
  create(): Promise<AuditedDatabase>
  /** A client of the same schema, in the dialect of the database. */
  connect(options: ClientOptions): PrismaClient
}

// The dialects' clients have the same models and operations, as far as the tests go: createMany's
// skipDuplicates and the …AndReturn operations are not on every database.
type Constructor = new (options: ClientOptions) => unknown
const constructor =
  (client: Constructor): RunnableDatabase['connect'] =>
  (options) =>
    new client(options) as PrismaClient

export const postgres: RunnableDatabase = {
  name: 'Postgres',
  pool: 'pg',
  connect: constructor(PrismaClient),
  async create() {
    const database = await createDatabase()
    return {
      adapter: () => new PrismaPg({ connectionString: database.url }),
      audit: () => database.audit(),
      busy: async () => [],
      [Symbol.asyncDispose]: () => database.drop(),
    }
  },
}

export const sqlite: RunnableDatabase = {
  name: 'SQLite',
  pool: undefined,
  connect: constructor(SqliteClient),
  create: () => createSqlite(),
}

let server: Promise<MariadbServer> | undefined

export const mariadb: RunnableDatabase = {
  name: 'MariaDB',
  pool: 'mariadb',
  connect: constructor(MariadbClient),
  async create() {
    const { createDatabase: createHere } = await (server ??= startMariadb())
    return createHere()
  },
}

/** Ends the MariaDB of this file, if a test has started it. */
export async function stopMariadb(): Promise<void> {
  const started = await server
  server = undefined
  await started?.[Symbol.asyncDispose]()
}

/** Postgres, SQLite and, where there is an engine and an image for it, MariaDB. */
export async function runnableDatabases(): Promise<readonly RunnableDatabase[]> {
  const obstacle = await obstacleToMariadb()
  if (obstacle === undefined) return [postgres, mariadb, sqlite]
  console.log(`MariaDB: skipped (${obstacle})`)
  return [postgres, sqlite]
}
