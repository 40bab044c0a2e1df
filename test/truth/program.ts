import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Dialect } from './dialect.ts'
import * as disturbances from './disturbances.ts'
import { nestedOperations } from './nested-operations.ts'
import { plainOperations } from './plain-operations.ts'
import { Random } from './random.ts'
import { type Profile, Run } from './run.ts'
import { arrayTransaction, interactiveTransaction, lateTransaction } from './transactions.ts'

export interface Program {
  readonly client: PrismaClient
  readonly dialect: Dialect
  readonly profile: Profile
  readonly seed: number
  /** How many calls to make at least. */
  readonly calls: number
  /** Waits until nothing of a step runs any more; may look at the numbers then. */
  settle(step: Step): Promise<void>
  /** Ends connections of the client at the server's side: those that are idle, or those at work. */
  killConnections(which: 'idle' | 'busy'): Promise<void>
}

type Action = (run: Run, random: Random) => Promise<unknown>

const operate: Action = (run, random) => run.operate(run.client, random)
const array: Action = (run, random) => arrayTransaction(run, run.client, random)
const interactive: Action = (run, random) => interactiveTransaction(run, run.client, random)
const late: Action = (run, random) => lateTransaction(run, run.client, random)

const beside = [
  { weight: 5, step: operate },
  { weight: 2, step: array },
  { weight: 3, step: interactive },
  { weight: 0.2, step: late },
]

const together: Action = (run, random) =>
  Promise.all(
    random.several(2, 5, () => {
      const fork = random.fork()
      return fork.weighted(beside).step(run, fork)
    }),
  )

function stepsOf(program: Program) {
  const { dialect } = program
  const killBusy: Action = (run, random) =>
    Promise.all([
      together(run, random),
      interactive(run, random.fork()),
      program.killConnections('busy'),
    ])
  const killIdle: Action = async (run, random) => {
    await program.killConnections('idle')
    await together(run, random)
  }
  return [
    { weight: 2, name: 'repopulate', step: disturbances.repopulate },
    { weight: 30, name: 'operation', step: operate },
    { weight: 10, name: 'array transaction', step: array },
    { weight: 20, name: 'interactive transaction', step: interactive },
    { weight: 20, name: 'all together', step: together },
    { weight: 1, name: 'late transaction', step: late },
    { weight: 1, name: 'deadlock', step: disturbances.deadlock },
    { weight: 1, name: 'serialization failure', step: disturbances.serializationFailure },
    { weight: 1, name: 'late in the middle', step: disturbances.lateInTheMiddle },
    { weight: 2, name: 'unawaited', step: disturbances.unawaited },
    { weight: 0.5, name: 'exhaustion', step: disturbances.exhaustion },
    ...(dialect.answersAtDisconnect
      ? [{ weight: 1, name: 'disconnection', step: disturbances.disconnection }]
      : []),
    { weight: 1, name: 'busy connections killed', step: killBusy },
    { weight: 1, name: 'idle connections killed', step: killIdle },
    ...(program.profile === 'full'
      ? [
          { weight: 1, name: 'late operation', step: disturbances.lateOperation },
          { weight: 0.2, name: 'many values', step: disturbances.manyValues },
        ]
      : []),
  ]
}

/** What one step of a program was. */
export interface Step {
  readonly name: string
  /** What became of its calls. */
  readonly log: readonly string[]
}

/** Runs the program of a seed, and returns what it has met. */
export async function runProgram(program: Program): Promise<Run> {
  const { client, dialect, profile, seed } = program
  const random = new Random(seed)
  const operations = [
    ...plainOperations,
    ...dialect.plain,
    ...(program.profile === 'full' ? [...nestedOperations, ...dialect.raw] : []),
  ]
  const run = new Run(client, dialect, profile, operations)
  const steps = stepsOf(program)
  // Each kind of step once, whatever the seed; then as they come.
  const opening = [...steps]
  while (opening.length > 0 || run.size < program.calls) {
    const { name, step } = opening.shift() ?? random.weighted(steps)
    await step(run, random.fork())
    await program.settle({ name, log: run.log.splice(0) })
  }
  return run
}
