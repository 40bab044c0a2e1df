import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './operation.ts'
import type { Random } from './random.ts'
import { GivenUp, type Run } from './run.ts'

const reasons = [undefined, null, 0] as const

/** The callback of an interactive transaction, at work. */
interface Scene {
  readonly run: Run
  readonly tx: Client
  readonly random: Random
  /** How many transactions it is nested in. */
  readonly depth: number
  /** True after something has failed in it. */
  failed: boolean
}

/** Does some of what can be done in a transaction; throws where it gives up. */
type Move = (scene: Scene) => Promise<void>

/** `$transaction` with an array, of calls that `maker` makes. */
export async function arrayTransaction(
  run: Run,
  client: Client,
  random: Random,
  maker: Client = client,
): Promise<boolean> {
  const calls = random.several(1, 5, () => run.make(maker, random))
  for (const { name } of calls) run.calls.set(name, (run.calls.get(name) ?? 0) + 1)
  const options = random.chance(0.1) ? { isolationLevel: 'Serializable' as const } : undefined
  const promises = calls.map(({ promise }) => promise)
  return run.attempt('array transaction', () => client.$transaction(promises, options))
}

/** `$transaction` with a callback; inside another one it is a savepoint. */
export async function interactiveTransaction(
  run: Run,
  client: Client,
  random: Random,
  depth = 0,
): Promise<boolean> {
  const options =
    depth === 0 && random.chance(0.1) ? { isolationLevel: 'Serializable' as const } : {}
  return run.attempt(depth === 0 ? 'interactive transaction' : 'nested transaction', () =>
    client.$transaction(async (tx) => {
      const scene: Scene = { run, tx, random, depth, failed: false }
      for (let moves = 1 + random.below(5); moves > 0; moves--) {
        await random.weighted(movesInside).move(scene)
      }
      if (random.chance(0.15)) throw random.chance(0.3) ? random.pick(reasons) : new GivenUp()
      // Where the server refuses to release a savepoint, Prisma rolls back one level too many, and
      // commits one too early. Only the statements tell.
      if (depth > 0 && scene.failed && run.profile === 'plain') throw new GivenUp()
    }, options),
  )
}

/** Runs an operation of the scene, and remembers where it failed. */
async function play(scene: Scene, random = scene.random): Promise<void> {
  if (!(await scene.run.operate(scene.tx, random))) scene.failed = true
}

const operate: Move = async (scene) => {
  const before = scene.failed
  scene.failed = false
  await play(scene)
  // Half of the failures are caught, and the callback resolves as if nothing had been.
  if (scene.failed && scene.random.chance(0.5)) throw new GivenUp()
  scene.failed ||= before
}

const operateTogether: Move = async (scene) => {
  await Promise.all(scene.random.several(2, 4, () => play(scene, scene.random.fork())))
}

const nest: Move = async (scene) => {
  const { run, tx, random, depth } = scene
  if (depth >= 3) return
  const succeeded = await interactiveTransaction(run, tx, random, depth + 1)
  if (succeeded) return
  scene.failed = true
  if (random.chance(0.3)) throw new GivenUp()
}

const savepoint: Move = async (scene) => {
  const { run, tx, random } = scene
  // An unquoted name is the same in any case; a quoted one is not.
  const [name, again] = random.chance(0.2) ? ['"Mine"', '"Mine"'] : ['mine', 'MINE']
  await run.execute(tx, `SAVEPOINT ${name}`)
  await random.weighted(movesInside).move(scene)
  if (random.chance(0.4)) await run.execute(tx, `ROLLBACK TO SAVEPOINT ${again}`)
  if (random.chance(0.5)) await play(scene)
  if (random.chance(0.6)) await run.execute(tx, `RELEASE SAVEPOINT ${again}`)
}

/** The outer client's work is not part of the transaction that it runs beside. */
const operateOutside: Move = async ({ run, random }) => {
  await run.operate(run.client, random)
}

const transactOutside: Move = async ({ run, random }) => {
  await arrayTransaction(run, run.client, random)
}

/** The outer client's calls are a transaction of their own, whoever is asked for it. */
const transactBeside: Move = async (scene) => {
  const { run, tx, random } = scene
  const outside = random.chance(0.5)
  const succeeded = await arrayTransaction(run, tx, random, outside ? run.client : tx)
  if (!succeeded && !outside) scene.failed = true
}

const failAtServer: Move = async (scene) => {
  await scene.run.execute(scene.tx, scene.run.dialect.nonsense)
  scene.failed = true
}

const loseConnection: Move = async (scene) => {
  const { run, tx, random } = scene
  const { endOwnConnection } = run.dialect
  if (endOwnConnection === undefined) return
  await run.attempt('end of the connection', () => tx.$queryRawUnsafe(endOwnConnection))
  scene.failed = true
  if (random.chance(0.5)) throw new GivenUp()
}

const movesInside: readonly { readonly weight: number; readonly move: Move }[] = [
  { weight: 60, move: operate },
  { weight: 8, move: operateTogether },
  { weight: 12, move: nest },
  { weight: 10, move: savepoint },
  { weight: 5, move: operateOutside },
  { weight: 2, move: transactOutside },
  { weight: 3, move: transactBeside },
  { weight: 2, move: failAtServer },
  { weight: 1, move: loseConnection },
]

/** An interactive transaction that is still at work when its time is up. */
export async function lateTransaction(run: Run, client: Client, random: Random): Promise<boolean> {
  return run.attempt('late transaction', () =>
    client.$transaction(
      async (tx) => {
        await run.operateToTheEnd(tx, random)
        await sleep(60)
        await run.operateToTheEnd(tx, random)
      },
      { timeout: 20 + random.below(20) },
    ),
  )
}
