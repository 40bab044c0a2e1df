import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import type { PoolConfig } from 'pg'
import { Registry } from 'prom-client'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { type MetricsSnapshot, snapshot } from '../../../src/testing/index.ts'
import { asClient } from '../../support/as-client.ts'
import type { Kind } from '../cuts/kinds.ts'
import { inTransactions } from './operations.ts'
import type { Server } from './server.ts'

export interface LoadOptions {
  readonly pool?: PoolConfig | undefined
  readonly adapter?: object | undefined
  /** Default: every kind of operation that runs in a transaction. */
  readonly kinds?: readonly Kind[] | undefined
  readonly decideUnknown?: boolean | undefined
  /** The timeout of a transaction. @default 20 */
  readonly timeoutSeconds?: number | undefined
  /** The number of operations at a time. @default 6 */
  readonly workers?: number | undefined
}

/** The figures of one run. */
export interface Result {
  readonly operations: number
  readonly rejected: number
  readonly committed: number
  readonly unknown: number
  /** Counters outside the bounds that the triggers set, and gauges that are not 0, as sentences. */
  readonly failed: readonly string[]
}

/** Disturbs the server while the operations run; they end when the returned promise resolves. */
export type Disturb = (registry: Registry) => Promise<void>

const models = { Tag: 'Tag', job_runs: 'JobRun', Workspace: 'Workspace', Alert: 'Alert' }
const actions = ['insert', 'update', 'delete'] as const
const written = 'SELECT * FROM audit.written_by_statements'

/**
 * Runs concurrent operations against a server that is disturbed, and compares the row counters with the
 * triggers.
 *
 * @param audited returns the server that has the rows in the end.
 */
export async function load(
  connectionString: string,
  audited: () => Server,
  disturb: Disturb,
  {
    pool,
    adapter,
    kinds = inTransactions,
    decideUnknown = false,
    timeoutSeconds = 20,
    workers = 6,
  }: LoadOptions = {},
): Promise<Result> {
  const registry = new Registry()
  const errors: unknown[] = []
  const metrics = prismaMetrics({
    registry,
    decideUnknown,
    exactUpserts: true,
    // Its query would fail while the server is down.
    migrations: false,
    onError: (error) => errors.push(error),
  })
  const config = { connectionString, max: workers, connectionTimeoutMillis: 20_000, ...pool }
  const prisma = asClient(
    new PrismaClient({
      adapter: metrics.adapter(new PrismaPg(config, adapter)),
      transactionOptions: { maxWait: 20_000, timeout: timeoutSeconds * 1000 },
    }).$extends(metrics.extension),
  )
  const state = { running: true }
  let operations = 0
  let rejected = 0
  const work = async (): Promise<void> => {
    while (state.running) {
      operations += 1
      const kind = kinds[operations % kinds.length] as Kind
      await metrics
        .scope(kind.name, () => kind.run(prisma, `${kind.name} ${operations}`))
        .catch(() => {
          rejected += 1
          return sleep(5)
        })
    }
  }
  const working = Array.from({ length: workers }, work)
  await disturb(registry)
  state.running = false
  await Promise.all(working)

  const server = audited()
  await idle(server)
  const compare = async (): Promise<Comparison> =>
    difference(await snapshot(registry), await server.query(written))
  let compared = await compare()
  // The server is asked for unknown outcomes for up to 15 seconds.
  for (let left = decideUnknown ? 150 : 0; !compared.exact && left > 0; left--) {
    await sleep(100)
    compared = await compare()
  }
  await prisma.$disconnect()
  const now = await snapshot(registry)
  const idleGauges = gauges.flatMap((name) => {
    const value = now.value(name)
    return value === 0 ? [] : [`${name} is ${value} at the end`]
  })
  metrics.dispose()
  return {
    operations,
    rejected,
    committed: compared.committed,
    unknown: now.value('prisma_unknown_rows_total'),
    failed: [...errors.map(String), ...compared.failed, ...idleGauges],
  }
}

interface Comparison {
  readonly committed: number
  /** True if the counters of committed rows are equal to the triggers. */
  readonly exact: boolean
  readonly failed: readonly string[]
}

/** Compares the row counters with what the triggers have recorded. */
function difference(
  now: MetricsSnapshot,
  rows: readonly Readonly<Record<string, unknown>>[],
): Comparison {
  const failed: string[] = []
  let committed = 0
  let exact = true
  for (const row of rows) {
    const model = models[row['table'] as keyof typeof models]
    if (model === undefined) continue
    for (const action of actions) {
      const known = now.value(`prisma_model_${action}s_total`, { model })
      const unknown = now.value('prisma_unknown_rows_total', { model, action })
      const seen = Number(row[action])
      committed += known
      exact &&= seen === known
      if (seen < known || seen > known + unknown)
        failed.push(`${model} ${action}: ${known} and ${unknown} unknown, triggers ${seen}`)
    }
  }
  return { committed, exact, failed }
}

const gauges = [
  'prisma_operations_in_flight',
  'prisma_transactions_in_flight',
  'prisma_scopes_in_flight',
  'prisma_transaction_oldest_seconds',
  'prisma_pool_connections',
  'prisma_pool_pending_acquires',
]

/** Waits until the server has ended the transactions whose connections are cut. */
async function idle(server: Server): Promise<void> {
  for (let left = 200; left > 0; left--) {
    const busy = await server.query(
      `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state <> 'idle'
       AND backend_type = 'client backend'`,
    )
    if (busy.length === 0) return
    await sleep(50)
  }
}
