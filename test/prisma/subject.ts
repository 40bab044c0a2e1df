import { PrismaPg } from '@prisma/adapter-pg'
import type { ClientBase, PoolConfig } from 'pg'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics, type PrismaMetrics, type PrismaMetricsOptions } from '../../src/index.ts'
import { createDatabase, type TestDatabase } from '../support/database/database.ts'
import { asClient } from '../support/as-client.ts'

/** A database of a test's own, with a registry and an instrumentation that feeds it. */
export interface Subject {
  readonly database: TestDatabase
  readonly registry: Registry
  readonly metrics: PrismaMetrics
  /** What `onError` was told. */
  readonly faults: unknown[]
  /** An adapter for a client of the test's own; `sql` is what it sends, in order. */
  adapter(config?: PoolConfig): PrismaPg
  readonly sql: string[]
  /** Has `$disconnect` called at the end. */
  client<C extends { $disconnect(): Promise<void> }>(client: C): C
}

export async function createSubject(options: PrismaMetricsOptions = {}): Promise<Subject> {
  const database = await createDatabase()
  const clients: { $disconnect(): Promise<void> }[] = []
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.$disconnect()))
    await database.drop()
  })
  const registry = new Registry()
  const faults: unknown[] = []
  const sql: string[] = []
  return {
    database,
    registry,
    metrics: prismaMetrics({ registry, onError: (error) => faults.push(error), ...options }),
    faults,
    sql,
    adapter: (config = {}) =>
      new PrismaPg({
        connectionString: database.url,
        onConnect: (connection) => recordSql(connection, sql),
        ...config,
      }),
    client(client) {
      clients.push(client)
      return client
    },
  }
}

/** A client with both layers on. */
export function instrumentedClient(
  subject: Subject,
  config?: PoolConfig,
  options: Omit<Prisma.PrismaClientOptions, 'adapter' | 'accelerateUrl'> = {},
): PrismaClient {
  const { metrics } = subject
  const adapter = metrics.adapter(subject.adapter(config))
  const client = new PrismaClient({ ...options, adapter }).$extends(metrics.extension)
  // The extension takes nothing away but $on, which no extended client has.
  return subject.client(asClient(client))
}

/** Notes every text that goes to the server, as the driver sends it: below everything of ours. */
export function recordSql(connection: ClientBase, sql: string[]): void {
  const query = connection.query as (...args: unknown[]) => unknown
  connection.query = function recorded(this: unknown, ...args: unknown[]) {
    const [sent] = args
    sql.push(typeof sent === 'string' ? sent : (sent as { text: string }).text)
    return query.apply(this, args)
  } as typeof connection.query
}
