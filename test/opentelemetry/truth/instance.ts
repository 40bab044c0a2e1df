import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { Registry } from 'prom-client'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { postgres } from '../../truth/postgres.ts'
import { runProgram } from '../../truth/program.ts'
import { Random } from '../../truth/random.ts'
import { type Encoding, exportTo } from '../exporting.ts'
import { asClient } from '../../support/as-client.ts'

/** What an instance is started with. */
export interface Orders {
  readonly name: string
  readonly seed: number
  readonly calls: number
  readonly databaseUrl: string
  readonly receiverUrl: string
  readonly encoding: Encoding
  readonly temporality: 'cumulative' | 'delta'
}

/** Rows counted, by metric and model. */
export type Rows = Readonly<Record<string, number>>

/** Sent after each step, when nothing of it runs any more. The instance waits for an answer. */
export interface Report {
  readonly counted: Rows
  /** As they were at the last export that the receiver accepted. */
  readonly exported: Rows
  readonly done: boolean
}

const rowCounter = /^(prisma_model_\w+_total)\{.*model="(\w+)"/

// A process that runs a random program, exports now and then, and flushes at its end.
const orders = JSON.parse(process.argv[2] ?? '') as Orders
const { name, seed, calls, databaseUrl, receiverUrl, encoding, temporality } = orders
const registry = new Registry()
const metrics = prismaMetrics({ registry })
const application = `truth-${name}`
const adapter = new PrismaPg({
  connectionString: databaseUrl,
  application_name: application,
  max: 12,
  options: '-c lock_timeout=150ms',
})
const connect = adapter.connect.bind(adapter)
let pool: Pool | undefined
adapter.connect = async () => {
  const connected = await connect()
  pool = connected.underlyingDriver()
  return connected
}
const client = new PrismaClient({ adapter: metrics.adapter(adapter) }).$extends(metrics.extension)
const beside = new Pool({ connectionString: databaseUrl, max: 1, application_name: 'beside' })
const { flush, provider } = exportTo(
  { url: receiverUrl },
  {
    registry,
    encoding,
    temporality,
    instance: name,
    // The machine may be busy.
    timeout: 30_000,
  },
)
const random = new Random(seed + 1)
let exported: Rows = {}

async function rows(): Promise<Rows> {
  const lines = (await registry.metrics()).split('\n')
  return Object.fromEntries(
    lines.flatMap((line): [string, number][] => {
      const [, metric, model] = rowCounter.exec(line) ?? []
      const value = Number(line.slice(line.lastIndexOf(' ')))
      return metric === undefined ? [] : [[`${metric} ${model}`, value]]
    }),
  )
}

async function settled(): Promise<boolean> {
  const { rowCount } = await beside.query(
    `SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = $1 AND state <> 'idle'`,
    [application],
  )
  // A pool that ends forgets its waiters, whose operations then never settle: no step may begin with one.
  const isIdle =
    pool === undefined || (pool.waitingCount === 0 && pool.idleCount === pool.totalCount)
  const now = await snapshot(registry)
  const gauges = ['prisma_operations_in_flight', 'prisma_transactions_in_flight']
  return isIdle && rowCount === 0 && gauges.every((gauge) => now.value(gauge) === 0)
}

async function report(done: boolean): Promise<void> {
  const answer = once(process, 'message')
  process.send?.({ counted: await rows(), exported, done } satisfies Report)
  await answer
}

async function exportNow(): Promise<void> {
  const counted = await rows()
  await flush({ timeoutSeconds: 60 })
  exported = counted
}

await runProgram({
  client: asClient(client),
  dialect: postgres,
  profile: 'full',
  seed,
  calls,
  async settle() {
    while (!(await settled())) await sleep(5)
    if (Object.keys(exported).length === 0 || random.chance(0.4)) await exportNow()
    await report(false)
  },
  async killConnections(which) {
    const states = which === 'idle' ? ['idle'] : ['active', 'idle in transaction']
    await beside.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = $1 AND state = ANY ($2)`,
      [application, states],
    )
  },
})
await exportNow()
await report(true)
await client.$disconnect()
await beside.end()
await provider.shutdown()
process.disconnect()
