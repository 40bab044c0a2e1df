import { Random } from '../../truth/random.ts'
import type { Db } from './database.ts'

type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0]

/** Where operations run: the client, or a transaction. */
interface Session {
  readonly orm: Db['orm']
  readonly runtime: Pick<ReturnType<Db['runtime']>, 'query' | 'execute'>
}

interface Operation {
  readonly name: string
  readonly weight: number
  run(db: Db, session: Session, random: Random): PromiseLike<unknown>
}

const email = (random: Random): string => `user-${random.below(12)}`
const tag = (random: Random): string => `tag-${random.below(12)}`

function raw(db: Db, sql: string) {
  return db.raw
    .sql(Object.assign([sql], { raw: [sql] }))
    .affectedCount()
    .build()
}

const operations: readonly Operation[] = [
  {
    name: 'create',
    weight: 4,
    run: (_, { orm }, random) => orm.User.create({ email: email(random), score: 1 }),
  },
  {
    name: 'nested create',
    weight: 2,
    run: (_, { orm }, random) =>
      orm.User.create({
        email: email(random),
        posts: (posts) => posts.create([{ title: 'a' }, { title: 'b' }]),
        profile: (profile) => profile.create({ motto: 'nested' }),
      }),
  },
  {
    name: 'createAll',
    weight: 2,
    run: (_, { orm }, random) =>
      orm.Tag.createAll(random.several(0, 3, () => ({ name: tag(random) }))),
  },
  {
    name: 'createAll, stopped at the first row',
    weight: 2,
    run: async (_, { orm }) => {
      for await (const note of orm.Note.createAll([{ text: 'a' }, { text: 'b' }, { text: 'c' }]))
        return note
      return undefined
    },
  },
  {
    name: 'createAll, skipping conflicts',
    weight: 2,
    run: (_, { orm }, random) =>
      orm.Tag.createAll(
        random.several(1, 4, () => ({ name: tag(random) })),
        { onConflict: 'skip' },
      ),
  },
  {
    name: 'createAndCount',
    weight: 2,
    run: (_, { orm }, random) =>
      orm.Note.createAndCount(random.several(1, 4, () => ({ text: 'counted' }))),
  },
  {
    name: 'upsert',
    weight: 3,
    run: (_, { orm }, random) => {
      const address = email(random)
      return orm.User.upsert({
        create: { email: address, score: 8 },
        update: { score: 9 },
        conflictOn: { email: address },
      })
    },
  },
  {
    name: 'update',
    weight: 4,
    run: (_, { orm }, random) =>
      orm.User.where({ email: email(random) }).update({ score: random.below(9) }),
  },
  {
    name: 'updateAll',
    weight: 2,
    run: (_, { orm }, random) =>
      orm.User.where((user) => user.id.lt(random.below(20))).updateAll({ score: 3 }),
  },
  {
    name: 'updateAndCount',
    weight: 2,
    run: (_, { orm }, random) =>
      orm.User.where((user) => user.id.gt(random.below(20))).updateAndCount({ score: 4 }),
  },
  {
    name: 'delete, refused if there is a profile',
    weight: 2,
    run: (_, { orm }, random) => orm.User.where({ email: email(random) }).delete(),
  },
  {
    name: 'deleteAll',
    weight: 1,
    run: (_, { orm }, random) => orm.Note.where((note) => note.id.gt(random.below(60))).deleteAll(),
  },
  {
    name: 'deleteAndCount',
    weight: 1,
    run: (_, { orm }, random) =>
      orm.Tag.where((row) => row.id.gt(random.below(60))).deleteAndCount(),
  },
  {
    name: 'create of a post whose author is checked at COMMIT',
    weight: 1,
    run: (_, { orm }, random) =>
      orm.Post.create({ title: 'c', authorId: random.chance(0.6) ? 100_000 : 1 }),
  },
  { name: 'all', weight: 2, run: (_, { orm }) => orm.User.include('posts').limit(5).all() },
  {
    name: 'raw insert',
    weight: 2,
    run: (db, { runtime }, random) =>
      runtime.execute(
        db.raw.sql`INSERT INTO "Tag" (name) VALUES (${tag(random)})`.affectedCount().build(),
      ),
  },
  {
    name: 'raw upsert behind a comment',
    weight: 1,
    run: (db, { runtime }, random) =>
      runtime.execute(
        db.raw.sql`/* DELETE FROM "Tag" */ insert into main."Tag" (name) values (${tag(random)})
          on conflict (name) do update set name = excluded.name`
          .affectedCount()
          .build(),
      ),
  },
  {
    name: 'raw update that returns',
    weight: 2,
    run: (db, { runtime }, random) =>
      runtime
        .query(
          db.raw.sql`UPDATE "Note" SET text = 'u' WHERE id < ${random.below(30)} RETURNING id`
            .returnsRow({ id: 'sqlite/integer@1' })
            .build(),
        )
        .toArray(),
  },
  {
    name: 'raw update whose rows have not the declared column',
    weight: 1,
    run: (db, { runtime }) =>
      runtime
        .query(
          db.raw.sql`UPDATE "Note" SET text = 'v' RETURNING id`
            .returnsRow({ missing: 'sqlite/integer@1' })
            .build(),
        )
        .toArray(),
  },
  {
    name: 'raw delete, run for rows',
    weight: 1,
    run: (db, { runtime }) =>
      runtime
        .query(
          db.raw.sql`DELETE FROM "Note" WHERE id % 7 = 0`
            .returnsRow({ id: 'sqlite/integer@1' })
            .build(),
        )
        .toArray(),
  },
  {
    name: 'raw insert that makes SQLite roll back the transaction',
    weight: 0.5,
    run: (db, { runtime }, random) =>
      runtime.execute(raw(db, `INSERT OR ROLLBACK INTO "Tag" (name) VALUES ('${tag(random)}')`)),
  },
  {
    name: 'raw failure',
    weight: 1,
    run: (db, { runtime }) => runtime.execute(raw(db, 'UPDATE "Tag" SET nothing = 1')),
  },
]

/** What a program did. */
export interface Run {
  calls: number
  /** The calls since the last step. */
  readonly log: string[]
  readonly failures: Map<string, number>
}

class GivenUp extends Error {}

/** Runs the program of a seed: operations by themselves, at once, and in transactions of every outcome. */
export async function runProgram(
  db: Db,
  seed: number,
  size: number,
  settle: (name: string) => Promise<void>,
): Promise<Run> {
  const random = new Random(seed)
  const run: Run = { calls: 0, log: [], failures: new Map() }
  const attempt = async (name: string, work: () => PromiseLike<unknown>): Promise<boolean> => {
    run.calls += 1
    try {
      await work()
      run.log.push(name)
      return true
    } catch (error) {
      const { sqlState, code } = error as { sqlState?: string; code?: string }
      const kind = sqlState ?? code ?? (error instanceof GivenUp ? 'given up' : String(error))
      run.log.push(`${name}: ${kind}`)
      run.failures.set(kind, (run.failures.get(kind) ?? 0) + 1)
      return false
    }
  }
  const alone: Session = { orm: db.orm, runtime: db.runtime() }
  const operate = (session: Session): Promise<boolean> => {
    const { name, run: start } = random.weighted(operations)
    return attempt(name, () => start(db, session, random))
  }
  const inTransaction = async (tx: Transaction): Promise<void> => {
    const session: Session = { orm: tx.orm, runtime: tx }
    for (let left = random.below(5); left >= 0; left--) {
      await operate(session)
      if (!random.chance(0.25)) continue
      await attempt('savepoint', () => tx.execute(raw(db, 'SAVEPOINT one')))
      await operate(session)
      const end = random.chance(0.5) ? 'ROLLBACK TO one' : 'RELEASE one'
      await attempt('end of a savepoint', () => tx.execute(raw(db, end)))
    }
    if (random.chance(0.3)) throw new GivenUp()
  }
  const steps = [
    { weight: 6, name: 'operation', step: () => operate(alone) },
    {
      weight: 3,
      name: 'transaction',
      step: () => attempt('transaction', () => db.transaction(inTransaction)),
    },
    {
      weight: 2,
      name: 'together',
      // Not transactions: a second one that writes would block the event loop until it is refused.
      step: () => Promise.all(random.several(2, 4, () => reads(db, random))),
    },
    { weight: 1, name: 'connection', step: () => attempt('connection', () => held(db, random)) },
  ]
  while (run.calls < size) {
    const { name, step } = random.weighted(steps)
    await step()
    await settle(`${name} (${run.log.splice(0).join(', ')})`)
  }
  return run
}

/** Statements of the connection that the client shares. */
async function reads(db: Db, random: Random): Promise<void> {
  await db.orm.Note.createAndCount([{ text: 'together' }, { text: 'together' }])
  for await (const _ of db.orm.Note.limit(3).all()) if (random.chance(0.3)) break
  await db
    .runtime()
    .query(db.sql.Note.insert([{ text: 'no rows' }]).build())
    .toArray()
}

/** A transaction that the program ends itself, or leaves open when it gives its connection back. */
async function held(db: Db, random: Random): Promise<void> {
  const connection = await db.runtime().connection()
  const transaction = await connection.transaction()
  await transaction.execute(raw(db, `INSERT INTO "Note" (text) VALUES ('held'), ('held')`))
  const end = random.below(3)
  if (end === 0) await transaction.commit()
  if (end === 1) await transaction.rollback()
  await connection.release()
}
