import { Random } from '../../truth/random.ts'
import * as disturbances from './disturbances.ts'
import { prepare } from './prepared.ts'
import { Run } from './run.ts'
import type { Db } from './session.ts'
import type { StreamingRuntime } from './streaming-runtime.ts'
import * as transactions from './transactions.ts'

/** A step of a program, with the end of each of its calls. */
export interface Step {
  readonly name: string
  readonly log: readonly string[]
}

export interface Program {
  readonly db: Db
  /** A runtime whose driver reads through cursors. */
  readonly streaming: StreamingRuntime
  readonly seed: number
  /** The least number of calls. */
  readonly calls: number
  /** Ends a connection, from the server's side. */
  kill(pid: number): Promise<void>
  /** Ends connections of the client, from the server's side: those that are idle, or those at work. */
  killConnections(which: 'idle' | 'busy'): Promise<void>
  /** Runs after each step. */
  settle(step: Step): Promise<void>
}

type Action = (run: Run, random: Random) => Promise<unknown>

const operate: Action = (run, random) => run.operate(run.session, random)

const beside = [
  { weight: 6, step: operate },
  { weight: 3, step: transactions.transaction },
  { weight: 0.5, step: transactions.connection },
]

const together: Action = (run, random) =>
  Promise.all(
    random.several(2, 5, () => {
      const fork = random.fork()
      return fork.weighted(beside).step(run, fork)
    }),
  )

/**
 * After a failed statement, pg-cursor's `close` waits for the next ReadyForQuery. Deno can handle that
 * message before Prisma calls `close`, which then never settles, without the package as well.
 */
const cursorsCanHang = 'Deno' in globalThis

function stepsOf(program: Program): { weight: number; name: string; step: Action }[] {
  const killBusy: Action = async (run, random) => {
    await Promise.all([together(run, random), program.killConnections('busy')])
    run.leaked = false
  }
  const killIdle: Action = async (run, random) => {
    await program.killConnections('idle')
    await together(run, random)
  }
  const cursors: Action = (run, random) =>
    disturbances.cursors(run, random, program.streaming.session)
  const rawConnection: Action = (run, random) =>
    transactions.rawConnection(run, random, program.streaming)
  const killed: Action = (run, random) =>
    disturbances.killedTransaction(run, random, (pid) => program.kill(pid))
  return [
    { weight: 1, name: 'repopulate', step: disturbances.repopulate },
    { weight: 30, name: 'operation', step: operate },
    { weight: 25, name: 'transaction', step: transactions.transaction },
    { weight: 15, name: 'all together', step: together },
    { weight: 3, name: 'connection', step: transactions.connection },
    { weight: 2, name: 'raw connection', step: rawConnection },
    { weight: 1, name: 'leaked transaction', step: transactions.leakedTransaction },
    { weight: 2, name: 'unawaited', step: transactions.unawaited },
    { weight: 1, name: 'deadlock', step: disturbances.deadlock },
    { weight: 1, name: 'serialization failure', step: disturbances.serializationFailure },
    { weight: 1, name: 'deallocate', step: disturbances.deallocate },
    ...(cursorsCanHang ? [] : [{ weight: 2, name: 'cursors', step: cursors }]),
    { weight: 2, name: 'killed transaction', step: killed },
    { weight: 0.5, name: 'exhaustion', step: disturbances.exhaustion },
    { weight: 1, name: 'busy connections killed', step: killBusy },
    { weight: 1, name: 'idle connections killed', step: killIdle },
  ]
}

/** Runs the program of a seed: each kind of step once, then steps as they come. */
export async function runProgram(program: Program): Promise<Run> {
  const { db, seed } = program
  const random = new Random(seed)
  const run = new Run(db, await prepare(db))
  const steps = stepsOf(program)
  const opening = [...steps]
  while (opening.length > 0 || run.size < program.calls) {
    const { name, step } = opening.shift() ?? random.weighted(steps)
    await step(run, random.fork())
    await program.settle({ name, log: run.log.splice(0) })
  }
  return run
}
