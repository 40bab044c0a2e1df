/**
 * What instrumenting Prisma 8 costs per operation, beside a ten-line middleware that counts and times:
 * `npm run bench:prisma-8`. Rounds of the three clients alternate, and each difference is that of a pair of
 * rounds: a busy machine slows both.
 */
import { readFile } from 'node:fs/promises'
import postgres from '@prisma/orm-postgres/runtime'
import { Pool } from 'pg'
import { Counter, Histogram, Registry } from 'prom-client'
import { startEmbeddedPostgres } from '../../example/database/embedded-postgres.ts'
import { prismaMetrics } from '../../src/prisma-8.ts'
import type { Contract } from '../../test/fixtures/prisma-8/contract.d.ts'
import contractJson from '../../test/fixtures/prisma-8/contract.json' with { type: 'json' }

const rounds = 30
const operations = 60
const schema = 'test/fixtures/prisma-8/migrations/20260112093000_init/migration.sql'

await using server = await startEmbeddedPostgres()
const connectionString = server.url
const newPool = (): Pool => new Pool({ connectionString, max: 1 })
await using setup = { pool: newPool(), [Symbol.asyncDispose]: () => setup.pool.end() }
await setup.pool.query(await readFile(schema, 'utf8'))
await setup.pool.query(`INSERT INTO "Tag" (name) VALUES ('a')`)

/** The middleware that many would write themselves. */
function tenLines(registry: Registry) {
  const registers = [registry]
  const labelNames = ['table', 'kind']
  const seconds = new Histogram({ name: 'seconds', help: 'Time.', labelNames, registers })
  const rows = new Counter({ name: 'rows', help: 'Rows.', labelNames, registers })
  return {
    name: 'ten-lines',
    async afterQuery(
      { ast }: { ast: { kind: string } },
      { latencyMs, rowCount }: { latencyMs: number; rowCount: number },
    ): Promise<void> {
      const table = (ast as { from?: { name?: string } }).from?.name ?? ''
      seconds.observe({ table, kind: ast.kind }, latencyMs / 1000)
      rows.inc({ table, kind: ast.kind }, rowCount)
    },
  }
}

const pools = { bare: newPool(), middleware: newPool(), instrumented: newPool() }
const metrics = prismaMetrics({ registry: new Registry() })
const clients = {
  bare: postgres<Contract>({ contractJson, pg: pools.bare }),
  middleware: postgres<Contract>({
    contractJson,
    pg: pools.middleware,
    middleware: [tenLines(new Registry())],
  }),
  instrumented: metrics.instrument(
    postgres<Contract>({
      contractJson,
      pg: metrics.pool(pools.instrumented),
      middleware: [metrics.middleware],
    }),
  ),
}
type Name = keyof typeof clients
const names = Object.keys(clients) as Name[]

/** Microseconds of this process's CPU time per operation of one round. */
async function round(name: Name): Promise<number> {
  const { Tag } = clients[name].orm.public
  const started = process.cpuUsage()
  for (let left = operations; left > 0; left--) await Tag.where({ id: 1 }).first()
  const { user, system } = process.cpuUsage(started)
  return (user + system) / operations
}

for (const name of names) await round(name)
const added: Record<Exclude<Name, 'bare'>, number[]> = { middleware: [], instrumented: [] }
const bare: number[] = []
for (let at = 0; at < rounds; at++) {
  const times = { bare: 0, middleware: 0, instrumented: 0 }
  // Each client is first as often as the others.
  const order = names.map((_, index) => names[(index + at) % names.length] as Name)
  for (const name of order) times[name] = await round(name)
  bare.push(times.bare)
  added.middleware.push(times.middleware - times.bare)
  added.instrumented.push(times.instrumented - times.bare)
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}

console.log(`bare client: ${median(bare).toFixed(1)} µs of CPU time per operation`)
console.log(`ten-line middleware: +${median(added.middleware).toFixed(1)} µs`)
console.log(`prisma-prometheus: +${median(added.instrumented).toFixed(1)} µs`)
await Promise.all(Object.values(pools).map((pool) => pool.end()))
