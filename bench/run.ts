import { PrismaPg } from '@prisma/adapter-pg'
import { applyMigrations } from '../example/database/apply-migrations.ts'
import { startEmbeddedPostgres } from '../example/database/embedded-postgres.ts'
import { costTable, type Measured } from './cost-table.ts'
import { measureHeap } from './heap.ts'
import { InstantAdapter } from './instant-adapter.ts'
import { machine } from './machine.ts'
import { type OperationName, operationNames, operations, populate } from './operations.ts'
import { interleave, type Rounds } from './rounds.ts'
import { makeVariants, type Variant } from './variants.ts'

/**
 * Prints the cost of the instrumentation as Markdown. It asserts nothing, because timings depend on
 * the machine. `npm run bench`, or `npm run bench -- --quick` for a short run.
 */
const quick = process.argv.includes('--quick')

console.log(machine())
await withoutDatabase()
await overPostgres()
await heap()

async function withoutDatabase(): Promise<void> {
  const variants = makeVariants(() => new InstantAdapter())
  const rounds: Rounds = { rounds: quick ? 20 : 200, operations: 500 }
  print('Without a database', [await measure(variants, 'findFirst', rounds)], rounds)
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
  const measured: Measured[] = []
  for (const title of operationNames) measured.push(await measure(variants, title, rounds))
  print('Over Postgres', measured, rounds)
  for (const { client } of variants) await client.$disconnect()
}

async function measure(
  variants: readonly Variant[],
  title: OperationName,
  rounds: Rounds,
): Promise<Measured> {
  const { name, run } = operations[title]
  const tasks = new Map(variants.map((variant) => [variant.name, () => run(variant.client)]))
  const figures = await interleave(tasks, { ...rounds, warmUp: quick ? 500 : 4000 })
  return { title, operation: name, figures }
}

function print(title: string, measured: readonly Measured[], rounds: Rounds): void {
  console.log(`## ${title}\n`)
  console.log(costTable(measured))
  console.log(`\n${rounds.rounds} interleaved rounds of ${rounds.operations} operations.\n`)
}

async function heap(): Promise<void> {
  const count = quick ? 100_000 : 1_000_000
  const { before, after } = await measureHeap(count)
  console.log(`## Memory\n`)
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
  console.log(
    `Both layers, ${count.toLocaleString('en')} operations, heap used after a garbage collection: ${megabytes(before)} before, ${megabytes(after)} after.`,
  )
}
