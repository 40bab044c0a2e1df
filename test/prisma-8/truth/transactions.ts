import type { Random } from '../../truth/random.ts'
import { GivenUp, type Run } from './run.ts'
import { type Session, sessionIn } from './session.ts'
import type { StreamingRuntime } from './streaming-runtime.ts'

type Move = (run: Run, session: Session, random: Random) => Promise<unknown>

/** Does an operation; a failure gives up the transaction, or is swallowed. */
const operate: Move = async (run, session, random) => {
  const succeeded = await run.operate(session, random)
  if (!succeeded && random.chance(0.4)) throw new GivenUp()
}

/** Operations that are started together: the driver sends them one after the other. */
const together: Move = (run, session, random) =>
  Promise.all(random.several(2, 3, () => run.operate(session, random.fork())))

const savepoint: Move = async (run, session, random) => {
  // Names repeat, as Postgres allows: the innermost one counts.
  const name = random.pick(['a', 'b', '"B"'])
  if (!(await run.control(session, `SAVEPOINT ${name}`))) return
  for (let left = random.below(3); left > 0; left--) await run.operate(session, random)
  if (random.chance(0.3)) await savepoint(run, session, random)
  const end = random.pick([
    `ROLLBACK TO SAVEPOINT ${name}`,
    `rollback to ${name}`,
    `/* ROLLBACK */ RELEASE SAVEPOINT ${name}`,
    `SELECT 1`,
  ])
  await run.control(session, end)
}

/** Work beside the transaction, on another connection, that commits by itself. */
const beside: Move = (run) =>
  run.attempt('Note.create beside a transaction', () =>
    run.session.orm.public.Note.create({ text: 'beside' }),
  )

/** A transaction in the callback of another one: an independent one on another connection. */
const nested: Move = (run) =>
  run.attempt('nested transaction', () =>
    run.db.transaction(async (tx) => {
      await tx.orm.archive.Note.create({ text: 'nested' })
      await tx.orm.public.Note.create({ text: 'nested' })
    }),
  )

/** COMMIT or ROLLBACK as raw SQL: later statements commit at once, or in a transaction of their own. */
const endBySql: Move = async (run, session, random) => {
  const end = random.pick(['COMMIT', 'ROLLBACK', 'COMMIT AND CHAIN', 'END', 'ABORT'])
  await run.control(session, end)
  await run.operate(session, random)
  if (random.chance(0.3)) await run.control(session, 'BEGIN')
}

/** Several statements in one text, of which some control the transaction. */
const several: Move = (run, session, random) =>
  run.control(
    session,
    random.pick([
      `INSERT INTO "Note" (text) VALUES ('kept'); SAVEPOINT s; INSERT INTO "Note" (text) VALUES ('undone'); ROLLBACK TO s`,
      `INSERT INTO "Note" (text) VALUES ('committed'); COMMIT; BEGIN; INSERT INTO "Note" (text) VALUES ('open')`,
      `INSERT INTO "Note" (text) VALUES ('rolled back'); ROLLBACK; INSERT INTO "Note" (text) VALUES ('alone')`,
    ]),
  )

const moves = [
  { weight: 12, move: operate },
  { weight: 3, move: together },
  { weight: 3, move: savepoint },
  { weight: 1, move: beside },
  { weight: 0.5, move: nested },
  { weight: 0.4, move: endBySql },
  { weight: 0.6, move: several },
]

async function work(run: Run, session: Session, random: Random): Promise<void> {
  for (let left = random.below(6); left > 0; left--)
    await random.weighted(moves).move(run, session, random)
  if (random.chance(0.25)) throw new GivenUp()
}

/** `db.transaction`. */
export function transaction(run: Run, random: Random): Promise<boolean> {
  return run.attempt('transaction', () =>
    run.db.transaction(async (tx) => {
      const isolation = random.chance(0.1)
      const session = sessionIn(tx)
      if (isolation) await run.control(session, 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')
      await work(run, session, random)
    }),
  )
}

/** A connection that the program takes, with autocommit statements and transactions on it. */
export function connection(run: Run, random: Random): Promise<boolean> {
  return run.attempt('connection', async () => {
    const held = await run.db.runtime().connection()
    try {
      const { orm } = run.session
      const alone: Session = {
        ...run.session,
        query: held.query,
        execute: held.execute,
        target: held,
      }
      await run.operate({ ...alone, orm }, random)
      const tx = await held.transaction()
      const inside: Session = { ...run.session, query: tx.query, execute: tx.execute, target: tx }
      await run.operate(inside, random)
      if (random.chance(0.6)) await tx.commit()
      else await tx.rollback()
      await run.operate(alone, random)
    } finally {
      await held.release()
    }
  })
}

/**
 * A raw BEGIN on a connection that goes back to the pool: what others write on it waits for the next
 * COMMIT on that connection.
 */
export function leakedTransaction(run: Run, random: Random): Promise<boolean> {
  return run.attempt('leaked transaction', async () => {
    const held = await run.db.runtime().connection()
    const session: Session = {
      ...run.session,
      query: held.query,
      execute: held.execute,
      target: held,
    }
    run.leaked = true
    await run.control(session, random.pick(['BEGIN', 'START TRANSACTION']))
    await run.operate(session, random)
    await held.release()
  })
}

/** SQL below Prisma's middleware, which no plan belongs to. */
export function rawConnection(
  run: Run,
  random: Random,
  runtime: StreamingRuntime,
): Promise<boolean> {
  const sql = 'INSERT INTO unplanned (text) VALUES ($1)'
  return run.attempt('raw connection', async () => {
    const held = await runtime.rawConnection()
    try {
      await held.execute({ sql, params: ['alone'] })
      const tx = await held.beginTransaction()
      await tx.execute({ sql: `${sql}, ($1)`, params: ['both'] })
      if (random.chance(0.5)) await tx.commit()
      else await tx.rollback()
    } finally {
      await held.release()
    }
  })
}

/** A callback that does not wait for what it has started: it runs after the COMMIT. */
export async function unawaited(run: Run, random: Random): Promise<void> {
  const started: Promise<boolean>[] = []
  await run.attempt('unawaited', () =>
    run.db.transaction(async (tx) => {
      const session = sessionIn(tx)
      await run.operate(session, random)
      started.push(...random.several(1, 3, () => run.operate(session, random.fork())))
      for (let ticks = random.below(20); ticks > 0; ticks--) await Promise.resolve()
      if (random.chance(0.3)) throw new GivenUp()
    }),
  )
  await Promise.all(started)
}
