import { PrismaPg } from '@prisma/adapter-pg'
import { applyMigrations } from '../../example/database/apply-migrations.ts'
import { startEmbeddedPostgres } from '../../example/database/embedded-postgres.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { costTable, type Measured } from '../cost-table.ts'
import { machine } from '../machine.ts'
import { type OperationName, operationNames, operations, populate } from '../operations.ts'
import { inSets, type VariantProcess } from '../processes.ts'
import { type Figures, interleave, joined } from '../rounds.ts'
import { table } from '../table.ts'
import { alternatives } from './alternatives.ts'
import { installPackages } from './packages.ts'
import type { Shown } from './planted-events.ts'
import type { AlternativeAnswers } from './process.ts'

/**
 * Prints the cost of this package and of alternatives from npm over Postgres, as Markdown: `npm run
 * bench:alternatives`, or with `-- --quick` for a short run. Throws if an alternative did not count
 * what it was measured with.
 */
const quick = process.argv.includes('--quick')
/** Sets of processes: each compiles the code and lays out its memory anew. */
const sets = quick ? 1 : 4
const roundsOfSet = quick ? 20 : 150
const times = 10

type Processes = ReadonlyMap<string, VariantProcess<AlternativeAnswers>>

installPackages()
console.log(machine())
await using database = await startEmbeddedPostgres()
await applyMigrations(database.url)
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url }) })
await populate(prisma)
await prisma.$disconnect()

const all = new Map<OperationName, Figures[]>(operationNames.map((title) => [title, []]))
const shown = new Map<string, Shown>()
await inSets<AlternativeAnswers>(
  {
    script: new URL('process.ts', import.meta.url),
    names: Object.keys(alternatives),
    more: [database.url],
    sets,
  },
  async (processes, set) => {
    for (const [title, figures] of all) figures.push(await measure(processes, title))
    for (const [name, each] of processes) {
      await expectCounted(name, each)
      if (set === 0) shown.set(name, await each.ask('plantEvents'))
    }
  },
)

console.log('## Cost over Postgres\n')
console.log(
  costTable(
    [...all].map(([title, figures]): Measured => {
      return { title, operation: operations[title].name, figures: joined(figures) }
    }),
  ),
)
console.log(
  `\n${sets * roundsOfSet} interleaved rounds of ${times} operations, in ${sets} sets of a process per variant.\n`,
)
console.log('## Planted events that the metrics show\n')
console.log(
  table(
    ['', 'metrics', 'rows written', 'a rollback', 'a wait for a connection'],
    [...shown]
      .filter(([, { names }]) => names.length > 0)
      .map(([name, { names, rows, rollback, wait }]) => [
        name,
        names.length > 4 ? String(names.length) : names.map((each) => `\`${each}\``).join(', '),
        ...[rows, rollback, wait].map((each) => (each ? 'yes' : 'no')),
      ]),
  ),
)

async function measure(processes: Processes, operation: OperationName): Promise<Figures> {
  // The time of the processes, without that of the messages.
  let milliseconds = 0
  const tasks = new Map(
    [...processes].map(([name, each]) => [
      name,
      async () => {
        milliseconds += await each.ask('measure', { operation, times })
      },
    ]),
  )
  const renew = async (): Promise<void> => {
    for (const each of processes.values()) await each.ask('renew')
  }
  return await interleave(tasks, {
    rounds: roundsOfSet,
    operations: 1,
    warmUp: quick ? 5 : unmeasuredRounds(operation),
    renew,
    clock: () => milliseconds,
  })
}

/** V8 compiles what the operations share while the first 20,000 of them run. */
function unmeasuredRounds(operation: OperationName): number {
  return (operation === operationNames[0] ? 20_000 : 4000) / times
}

/** A variant that records nothing would look cheap. */
async function expectCounted(
  name: string,
  process: VariantProcess<AlternativeAnswers>,
): Promise<void> {
  const { counter, counts = 'operations' } = alternatives[name] ?? {}
  if (counter === undefined) return
  const { ran, counted } = await process.ask('count')
  const isRight = counts === 'operations' ? counted === ran : counted >= ran
  if (!isRight) {
    throw new Error(`${name}: expected ${counter} to count ${ran} operations, got ${counted}`)
  }
}
