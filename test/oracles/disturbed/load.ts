import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import type { PoolConfig } from 'pg'
import { Registry } from 'prom-client'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { asClient } from '../../support/as-client.ts'
import { type Kind, kinds } from '../cuts/kinds.ts'
import type { Server } from './server.ts'

/** What a scenario has met. */
export interface Result {
  readonly operations: number
  readonly rejected: number
  readonly committed: number
  readonly unknown: number
  /** Counters that are not between the bounds that the triggers set, as sentences. */
  readonly failed: readonly string[]
}

/** Gives up inside a transaction, and in a savepoint. */
const failing: Kind = {
  name: 'rolled back',
  run: (prisma, n) =>
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: n } })
      await tx.jobRun.createMany({ data: [{ name: n }, { name: n }] })
      throw new Error('given up')
    }),
}

/** CockroachDB's retry protocol: https://www.cockroachlabs.com/docs/stable/advanced-client-side-transaction-retries */
export const retried: Kind = {
  name: 'cockroach_restart',
  run: (prisma, n) =>
    prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SAVEPOINT cockroach_restart`
      for (let attempt = 0; ; attempt++) {
        try {
          await tx.tag.create({ data: { name: n } })
          await tx.jobRun.createMany({ data: [{ name: n }, { name: n }] })
          if (attempt < n.length % 3) await tx.$queryRaw`SELECT 1/0`
          break
        } catch {
          await tx.$executeRaw`ROLLBACK TO SAVEPOINT cockroach_restart`
        }
      }
      await tx.$executeRaw`RELEASE SAVEPOINT cockroach_restart`
    }),
}

// A statement outside a transaction has no COMMIT whose outcome could be unknown.
const inTransactions = [...kinds.filter(({ name }) => name !== 'create'), failing, retried]
const models = { Tag: 'Tag', job_runs: 'JobRun', Workspace: 'Workspace', Alert: 'Alert' }
const actions = ['insert', 'update', 'delete'] as const

/** Concurrent operations on a server, while `disturb` runs. */
export async function load(
  connectionString: string,
  audited: () => Server,
  disturb: (seconds: (count: number) => Promise<void>, registry: Registry) => Promise<void>,
  options: {
    readonly pool?: PoolConfig
    readonly adapter?: object
    readonly only?: readonly Kind[]
  } = {},
): Promise<Result> {
  const registry = new Registry()
  const errors: unknown[] = []
  const metrics = prismaMetrics({ registry, onError: (error) => errors.push(error) })
  const factory = new PrismaPg(
    { connectionString, max: 6, connectionTimeoutMillis: 1000, ...options.pool },
    options.adapter,
  )
  const transactionOptions = { maxWait: 1000, timeout: 1500 }
  const prisma = asClient(
    new PrismaClient({ adapter: metrics.adapter(factory), transactionOptions }).$extends(
      metrics.extension,
    ),
  )
  const used = options.only ?? inTransactions
  const state = { running: true }
  let operations = 0
  let rejected = 0
  const work = async (): Promise<void> => {
    while (state.running) {
      operations += 1
      const kind = used[operations % used.length] as Kind
      await kind.run(prisma, `${kind.name} ${operations}`).catch(() => {
        rejected += 1
        return sleep(5)
      })
    }
  }
  const workers = Array.from({ length: 6 }, work)
  await disturb((count) => sleep(count * 1000), registry)
  state.running = false
  await Promise.all(workers)
  await prisma.$disconnect()

  const server = audited()
  for (let left = 100; left > 0; left--) {
    const busy = await server.query(
      `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state <> 'idle'
       AND backend_type = 'client backend'`,
    )
    if (busy.length === 0) break
    await sleep(50)
  }
  const now = await snapshot(registry)
  const failed = errors.map(String)
  let committedRows = 0
  for (const row of await server.query('SELECT * FROM audit.written_by_statements')) {
    const model = models[row['table'] as keyof typeof models]
    if (model === undefined) continue
    for (const action of actions) {
      const committed = now.value(`prisma_model_${action}s_total`, { model })
      const unknown = now.value('prisma_unknown_rows_total', { model, action })
      const seen = Number(row[action])
      committedRows += committed
      if (seen < committed || seen > committed + unknown)
        failed.push(`${model} ${action}: ${committed} and ${unknown} unknown, triggers ${seen}`)
    }
  }
  const inFlight = now.value('prisma_transactions_in_flight')
  if (inFlight !== 0) failed.push(`${inFlight} transactions in flight at the end`)
  const unknown = now.value('prisma_unknown_rows_total')
  metrics.dispose()
  return { operations, rejected, committed: committedRows, unknown, failed }
}
