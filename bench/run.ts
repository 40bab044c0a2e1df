import { cpus } from 'node:os'
import { PrismaPg } from '@prisma/adapter-pg'
import { applyMigrations } from '../example/database/apply-migrations.ts'
import { startEmbeddedPostgres } from '../example/database/embedded-postgres.ts'
import { measureHeap } from './heap.ts'
import { InstantAdapter } from './instant-adapter.ts'
import { type Operation, operations, populate } from './operations.ts'
import { interleave, median, pairedDifference, pairedRatio, type Rounds } from './rounds.ts'
import { comparePrisma8 } from './prisma-8/compare.ts'
import { signed, table } from './table.ts'
import { makeVariants, type Variant } from './variants.ts'

/**
 * Prints the cost of the instrumentation as Markdown. It asserts nothing, because timings depend on
 * the machine. `npm run bench`, or `npm run bench -- --quick` for a short run.
 */
const quick = process.argv.includes('--quick')

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
await overAnInstantAdapter()
await overPostgres()
await heap()
await comparePrisma8(quick)

async function overAnInstantAdapter(): Promise<void> {
  const variants = makeVariants(() => new InstantAdapter())
  const title = 'Over an adapter that answers at once: what the code itself costs'
  await compare(title, variants, operations.findFirst, {
    rounds: quick ? 20 : 200,
    operations: 500,
  })
}

async function overPostgres(): Promise<void> {
  await using database = await startEmbeddedPostgres()
  await applyMigrations(database.url)
  const variants = makeVariants(() => new PrismaPg({ connectionString: database.url }))
  await populate(variants[0].client)
  const renew = async (): Promise<void> => {
    for (const { client } of variants) {
      await client.$disconnect()
      for (let i = 0; i < 10; i++) await operations.create.run(client)
    }
  }
  // Many short rounds: changes in the server's speed last longer than a round.
  const rounds: Rounds = { rounds: quick ? 100 : 600, operations: 10, renew }
  await compare('Over Postgres, the shortest there is', variants, operations.findFirst, rounds)
  await compare('Over Postgres, a page with its relations', variants, operations.page, rounds)
  await compare('Over Postgres, a write in a transaction', variants, operations.create, rounds)
  for (const { client } of variants) await client.$disconnect()
}

async function compare(
  title: string,
  variants: readonly Variant[],
  { name, run }: Operation,
  rounds: Rounds,
): Promise<void> {
  const tasks = new Map(variants.map((variant) => [variant.name, () => run(variant.client)]))
  const figures = await interleave(tasks, { ...rounds, warmUp: quick ? 500 : 4000 })

  const [bare = [], noOp = []] = figures.values()
  const rows = [...figures].map(([variant, each]) => [
    variant,
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
    `\n${rounds.rounds} interleaved rounds of ${rounds.operations} ${name}; medians, differences and ratios paired within a round.\n`,
  )
}

async function heap(): Promise<void> {
  const count = quick ? 100_000 : 1_000_000
  const { before, after } = await measureHeap(count)
  console.log(`## Heap\n`)
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
  console.log(
    `Both layers, ${count.toLocaleString('en')} operations, garbage collected: ${megabytes(before)} before, ${megabytes(after)} after.`,
  )
}
