import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../truth/random.ts'
import type { Run } from './run.ts'
import { type Session, sessionIn } from './session.ts'
import { statement } from './statement.ts'

/** Resolves once both sides have called it, or after half a second if one has failed on its way. */
function meeting(): () => Promise<void> {
  let waiting = 2
  let open: (() => void) | undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return async () => {
    waiting -= 1
    if (waiting === 0) open?.()
    await Promise.race([opened, sleep(500)])
  }
}

async function twoTags({ session, attempt }: Run, run: Run): Promise<void> {
  for (const name of ['left', 'right'])
    await attempt.call(run, 'Tag.upsert that updates nothing', () =>
      session.orm.public.Tag.upsert({ create: { name }, update: {}, conflictOn: { name } }),
    )
}

const touch = (session: Session, name: string): PromiseLike<unknown> =>
  session.orm.public.Tag.where({ name }).updateAndCount({ name })

/** Two transactions that each wait for a row of the other. */
export async function deadlock(run: Run): Promise<void> {
  await twoTags(run, run)
  const meet = meeting()
  const fight = (first: string, second: string): Promise<boolean> =>
    run.attempt('deadlock', () =>
      run.db.transaction(async (tx) => {
        const session = sessionIn(tx)
        await touch(session, first)
        await meet()
        await touch(session, second)
      }),
    )
  await Promise.all([fight('left', 'right'), fight('right', 'left')])
}

/** Two serializable transactions that cannot both commit. */
export async function serializationFailure(run: Run): Promise<void> {
  await twoTags(run, run)
  const meet = meeting()
  const skew = (mine: string, other: string): Promise<boolean> =>
    run.attempt('serialization failure', () =>
      run.db.transaction(async (tx) => {
        const session = sessionIn(tx)
        await tx.execute(statement(run.db, 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE'))
        await session.orm.public.Tag.first({ name: other })
        await meet()
        await touch(session, mine)
      }),
    )
  await Promise.all([skew('left', 'right'), skew('right', 'left')])
}

/** The server forgets the prepared statements: Prisma prepares them again and retries once. */
export async function deallocate(run: Run, random: Random): Promise<void> {
  const { db, prepared } = run
  for (let left = 6; left > 0; left--)
    await run.attempt('prepared insert', () => prepared.insert.query(db.runtime(), { text: 'p' }))
  await Promise.all(random.several(4, 8, () => run.control(run.session, 'DEALLOCATE ALL')))
  for (let left = 4; left > 0; left--) {
    await run.attempt('prepared insert', () => prepared.insert.query(db.runtime(), { text: 'p' }))
    await run.attempt('prepared update', () =>
      prepared.update.query(db.runtime(), { email: 'user-1' }),
    )
  }
  await run.attempt('prepared in a transaction', () =>
    db.transaction(async (tx) => {
      await prepared.insert.query(tx, { text: 'in a transaction' })
      await tx.execute(statement(db, 'DEALLOCATE ALL'))
      await prepared.insert.query(tx, { text: 'refused' })
    }),
  )
}

/** The connection of a transaction ends while it is idle, or while a statement runs on it. */
export async function killedTransaction(
  run: Run,
  random: Random,
  kill: (pid: number) => Promise<void>,
): Promise<void> {
  const idle = random.chance(0.5)
  await run.attempt('killed transaction', () =>
    run.db.transaction(async (tx) => {
      const session = sessionIn(tx)
      await run.operate(session, random)
      await session.orm.public.Note.create({ text: 'killed' })
      const [row] = await tx.query(
        run.db.raw.sql`SELECT pg_backend_pid() AS pid`.returnsRow({ pid: 'pg/int4@1' }).build(),
      )
      const pid = Number(row?.pid)
      if (idle) await kill(pid)
      else {
        const busy = run.control(session, 'SELECT pg_sleep(5)')
        await sleep(20)
        await kill(pid)
        await busy
      }
      await run.operate(session, random)
    }),
  )
}

/** More transactions than connections. */
export async function exhaustion(run: Run, random: Random): Promise<void> {
  const hurried = (fork: Random): Promise<boolean> =>
    run.attempt('exhaustion', () =>
      run.db.transaction(async (tx) => {
        await run.operate(sessionIn(tx), fork)
        await sleep(random.below(8))
      }),
    )
  await Promise.all(random.several(14, 18, () => hurried(random.fork())))
}

/** Reads and writes through cursors, each in a BEGIN and COMMIT of the driver. */
export async function cursors(run: Run, random: Random, streaming: Session): Promise<void> {
  for (let left = random.below(4); left >= 0; left--) await run.operate(streaming, random)
  const notes = run.db.sql.public.Note.insert(
    Array.from({ length: 150 }, () => ({ text: 'streamed' })),
  )
  await run.attempt('streamed insert', () => streaming.query(notes.returning('id').build()))
}

/** Rows that the keys of other operations find. */
export async function repopulate(run: Run, random: Random): Promise<void> {
  for (let index = 0; index < 12; index++) {
    await run.attempt('User.create', () =>
      run.session.orm.public.User.create({ email: `user-${index}` }),
    )
  }
  await run.attempt('Post.create', () =>
    run.session.orm.public.Post.createAll(
      random.several(2, 5, () => ({ title: 'home', authorId: 1 + random.below(20) })),
    ),
  )
}
