import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase, type Writes } from '../../support/database/database.ts'
import { truthSeeds } from '../../truth/seeds.ts'
import type { Encoding } from '../exporting.ts'
import type { Ledger } from '../otlp/ledger.ts'
import { startReceiver } from '../otlp/receiver.ts'
import type { Orders, Report, Rows } from './instance.ts'

const program = fileURLToPath(new URL('instance.ts', import.meta.url))

/** Runs an instance to its end, or kills it when `kills` says so; its last report. */
async function runInstance(
  orders: Orders,
  kills: (report: Report, step: number) => boolean = () => false,
): Promise<Report> {
  const child = fork(program, [JSON.stringify(orders)], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    silent: true,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  let step = 0
  let last: Report | undefined
  child.on('message', (report: Report) => {
    step += 1
    last = report
    if (kills(report, step)) child.kill('SIGKILL')
    else child.send('continue')
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (last === undefined || (code !== 0 && signal !== 'SIGKILL')) {
    throw new Error(`${orders.name} ended with ${code ?? signal}: ${output}`)
  }
  return last
}

/** Whether the instance has rows that it has not exported. */
function owes({ counted, exported }: Report): boolean {
  return Object.entries(counted).some(([key, rows]) => rows > (exported[key] ?? 0))
}

/** Rows of a table as the receiver has added them up, with those that an instance could not export. */
function receivedBy(ledger: Ledger, missing: Rows, model: string, truth: Writes[string]) {
  const rows = (action: string): number =>
    ledger.total(`prisma.model.${action}`, { model }).value +
    (missing[`prisma_model_${action}_total ${model}`] ?? 0)
  const insert = rows('inserts')
  const upsert = rows('upserts')
  // The database alone knows what a native upsert was.
  const inserted = Math.min(Math.max(truth.insert - insert, 0), upsert)
  return {
    insert: insert + inserted,
    update: rows('updates') + upsert - inserted,
    delete: rows('deletes'),
  }
}

// The long programs run with TRUTH_SEED, whose results docs/testing-the-package.md has.
const calls = process.env['TRUTH_SEED'] === undefined ? 60 : 150

const cases = truthSeeds(1).flatMap((seed): [Orders['temporality'], Encoding, number][] => [
  ['cumulative', 'protobuf', seed],
  ['delta', 'json', seed],
])

test.each(cases)(
  'the sums of a receiver are what triggers saw, %s as %s, less what a killed instance had not exported (TRUTH_SEED=%i)',
  { timeout: 240_000 },
  async (temporality, encoding, seed) => {
    await using database = await createDatabase()
    await using receiver = await startReceiver()
    const { ledger } = receiver
    const orders = (name: string, number: number): Orders => ({
      name,
      seed: seed * 10 + number,
      calls,
      databaseUrl: database.url,
      receiverUrl: receiver.url,
      encoding,
      temporality,
    })
    const [, killed] = await Promise.all([
      runInstance(orders('first', 1)),
      runInstance(orders('killed', 2), (report, step) => step >= 6 && owes(report)),
    ])
    // A process that is started again under the same name begins at 0.
    await runInstance(orders('killed', 3))

    const missing = Object.fromEntries(
      Object.entries(killed.counted).map(([key, rows]) => [
        key,
        rows - (killed.exported[key] ?? 0),
      ]),
    )
    expect(owes(killed)).toBe(true)
    const truth = await database.audit()
    const received = Object.fromEntries(
      Object.entries(truth).map(([table, writes]) => [
        table,
        receivedBy(ledger, missing, table === 'job_runs' ? 'JobRun' : table, writes),
      ]),
    )
    expect(received).toEqual(truth)
    expect(ledger.violations).toEqual([])
    expect(new Set(ledger.points().map(({ instance }) => instance))).toEqual(
      new Set(['first', 'killed']),
    )
    expect(ledger.total('prisma.model.inserts').value).toBeGreaterThan(10)
  },
)
