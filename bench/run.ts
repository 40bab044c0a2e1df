import { cpus } from 'node:os'
import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { applyMigrations } from '../example/database/apply-migrations.ts'
import { startEmbeddedPostgres } from '../example/database/embedded-postgres.ts'
import { measureHeap } from './heap.ts'
import { InstantAdapter } from './instant-adapter.ts'
import { interleave, median, pairedDifference, pairedRatio, type Rounds } from './rounds.ts'
import { table } from './table.ts'
import { makeVariants } from './variants.ts'

/**
 * What the instrumentation costs, printed as Markdown. Nothing is asserted: timings belong to the
 * machine they were taken on. `npm run bench`, or `npm run bench -- --quick` for a first look.
 */
const quick = process.argv.includes('--quick')

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
await compare(
  'Over an adapter that answers at once: what the code itself costs',
  () => new InstantAdapter(),
  {
    rounds: quick ? 20 : 200,
    operations: 500,
  },
)
await overPostgres()
await heap()

async function overPostgres(): Promise<void> {
  await using database = await startEmbeddedPostgres()
  await applyMigrations(database.url)
  await compare('Over Postgres', () => new PrismaPg({ connectionString: database.url }), {
    rounds: quick ? 20 : 200,
    operations: 50,
  })
}

async function compare(
  title: string,
  makeAdapter: () => SqlDriverAdapterFactory,
  rounds: Rounds,
): Promise<void> {
  const variants = makeVariants(makeAdapter)
  const tasks = new Map(
    variants.map(({ name, client }) => [name, () => client.tag.findFirst({ where: { id: 1 } })]),
  )
  const figures = await interleave(tasks, rounds)
  for (const { client } of variants) await client.$disconnect()

  const [bare = [], noOp = []] = figures.values()
  const rows = [...figures].map(([name, each]) => [
    name,
    median(each).toFixed(1),
    signed(pairedDifference(each, noOp)),
    `${signed((pairedRatio(each, bare) - 1) * 100, 1)} %`,
  ])
  console.log(`## ${title}\n`)
  console.log(
    table(
      ['variant', 'µs an operation', '+ µs over the no-op extension', 'over the bare client'],
      rows,
    ),
  )
  console.log(
    `\n${rounds.rounds} interleaved rounds of ${rounds.operations} findFirst; medians, differences and ratios paired within a round.\n`,
  )
}

async function heap(): Promise<void> {
  const operations = quick ? 100_000 : 1_000_000
  const { before, after } = await measureHeap(operations)
  console.log(`## Heap\n`)
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
  console.log(
    `Both layers, ${operations.toLocaleString('en')} operations, garbage collected: ${megabytes(before)} before, ${megabytes(after)} after.`,
  )
}

function signed(value: number, digits = 2): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`
}
