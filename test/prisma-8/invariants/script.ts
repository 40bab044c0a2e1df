import type { Db } from '../connect.ts'
import { statement } from '../truth/statement.ts'

/** What a step of the script has come to. */
export interface Step {
  readonly name: string
  readonly result?: unknown
  /** Its class, its properties, and those of its causes. */
  readonly error?: unknown
}

/** Every lane of Prisma 8, in an order that depends on nothing else, with every kind of failure. */
export async function runScript(db: Db): Promise<Step[]> {
  const steps: Step[] = []
  const { User, Tag, Post, Task } = db.orm.public
  const runtime = db.runtime()
  const step = async (name: string, work: () => unknown): Promise<void> => {
    try {
      steps.push({ name, result: await work() })
    } catch (error) {
      steps.push({ name, error: describe(error) })
    }
  }
  await step('create', () => User.create({ email: 'a', score: 1 }))
  await step('create, taken', () => User.create({ email: 'a' }))
  await step('create, refused by a CHECK', () =>
    User.create({ email: 'b', standing: 'x' as never }),
  )
  await step('create, missing', () => User.create({} as never))
  await step('create, nested', () =>
    User.create({ email: 'c', posts: (posts) => posts.create([{ title: 'p' }, { title: 'q' }]) }),
  )
  await step('create, variant', () => Task.variant('Feature').create({ title: 't', priority: 1 }))
  await step('createAll', () => Tag.createAll([{ name: 'a' }, { name: 'b' }]))
  await step('createAll, none', () => Tag.createAll([]))
  await step('createAll, skip', () => Tag.createAll([{ name: 'a' }], { onConflict: 'skip' }))
  await step('createAndCount', () => Tag.createAndCount([{ name: 'c' }, { name: 'd' }]))
  await step('upsert', () =>
    Tag.upsert({ create: { name: 'a' }, update: { name: 'e' }, conflictOn: { name: 'a' } }),
  )
  await step('update', () => User.where({ email: 'a' }).update({ score: 2 }))
  await step('update, none', () => User.where({ email: 'z' }).update({ score: 2 }))
  await step('updateAll', () => User.where((user) => user.score.gt(0)).updateAll({ score: 3 }))
  await step('updateAndCount', () => User.where({ score: 3 }).updateAndCount({ score: 4 }))
  await step('first', () => User.include('posts').first({ email: 'c' }))
  await step('first, none', () => User.first({ email: 'z' }))
  await step('all', () => Tag.orderBy((tag) => tag.id.asc()).all())
  await step('all, limited', () =>
    Tag.orderBy((tag) => tag.name.desc())
      .limit(2)
      .all(),
  )
  await step('aggregate', () => Tag.aggregate((all) => ({ count: all.count() })))
  await step('groupBy', () => User.groupBy('score').aggregate((group) => ({ rows: group.count() })))
  await step('unknown column', () => User.where({ nothing: 1 } as never).all())
  await step('iterated', async () => {
    const names: string[] = []
    for await (const { name } of Tag.orderBy((tag) => tag.id.asc()).all()) names.push(name)
    return names
  })
  await step('iterated, stopped', async () => {
    for await (const tag of Tag.orderBy((row) => row.id.asc()).all()) return tag
    return undefined
  })
  await step('consumed twice', async () => {
    const lazy = Tag.all()
    const rows = await lazy
    return [(await lazy) === rows, await lazy.toArray()]
  })
  await step('iterated twice', async () => {
    const lazy = Tag.all()
    for await (const _ of lazy) break
    return lazy.toArray()
  })
  await step('members of a lazy result', () => members(Tag.all()))
  await step('members of a collection', () => members(Tag))
  await step('members of the runtime', () => members(runtime))
  await step('builder', () =>
    runtime.query(
      db.sql.public.Tag.select('name')
        .where((tag, fns) => fns.eq(tag.name, 'b'))
        .build(),
    ),
  )
  await step('builder, counted', () =>
    runtime.execute(db.sql.public.app_user.update({ score: 5 }).build()),
  )
  await step('raw', () =>
    runtime.query(
      db.raw.sql`SELECT ${'x'}::text AS value`.returnsRow({ value: 'pg/text@1' }).build(),
    ),
  )
  await step('raw, failed', () => runtime.execute(statement(db, 'SELECT 1/0')))
  await step('raw, without the declared column', () =>
    runtime.query(db.raw.sql`SELECT 1 AS one`.returnsRow({ two: 'pg/int4@1' }).build()),
  )
  await step('prepared', async () => {
    const find = await db.prepare({ name: 'pg/text@1' }, ({ name }) =>
      db.sql.public.Tag.select('name')
        .where((tag, fns) => fns.eq(tag.name, name))
        .build(),
    )
    return [await find.query(runtime, { name: 'b' }), await find.query(runtime, { name: 'z' })]
  })
  await step('aborted', () =>
    runtime.query(db.sql.public.Tag.select('id').build(), { signal: AbortSignal.abort() }),
  )
  await step('transaction', () =>
    db.transaction(async (tx) => [
      members(tx),
      await tx.orm.public.Tag.create({ name: 'f' }),
      await tx.orm.public.Tag.where({ name: 'f' }).update({ name: 'g' }),
      await tx.execute(statement(db, `UPDATE "Tag" SET name = 'h' WHERE name = 'g'`)),
    ]),
  )
  await step('transaction, thrown', () =>
    db.transaction(async (tx) => {
      await tx.orm.public.Tag.create({ name: 'i' })
      throw new RangeError('thrown')
    }),
  )
  await step('transaction, swallowed', () =>
    db.transaction(async (tx) => {
      await tx.orm.public.Tag.create({ name: 'j' })
      await tx.orm.public.Tag.create({ name: 'j' }).catch(() => 'swallowed')
      return 'resolved'
    }),
  )
  await step('transaction, refused at COMMIT', () =>
    db.transaction((tx) =>
      tx.orm.public.Post.create({ title: 'r', authorId: 1, reviewerId: 100_000 }),
    ),
  )
  await step('transaction, used after its end', async () => {
    const kept = await db.transaction((tx) => Promise.resolve(tx))
    return kept.orm.public.Tag.all()
  })
  await step('transaction of a connection', async () => {
    const connection = await runtime.connection()
    const transaction = await connection.transaction()
    await transaction.execute(statement(db, `DELETE FROM "Tag" WHERE name = 'h'`))
    await transaction.rollback()
    await connection.release()
    return members(connection)
  })
  await step('together', async () => {
    const order: string[] = []
    const done = (name: string) => (): number => order.push(name)
    await Promise.all([
      Tag.create({ name: 'k' }).then(done('create')),
      Tag.create({ name: 'k' }).catch(done('taken')),
      Post.first({ id: 1 }).then(done('first')),
      db.transaction((tx) => tx.orm.public.Tag.all()).then(done('transaction')),
      Tag.all().then(done('all')),
      runtime.execute(statement(db, 'SELECT 1')).then(done('raw')),
    ])
    return order
  })
  await step('delete', () => Tag.where({ name: 'b' }).delete())
  await step('deleteAll', () =>
    Post.where((post) => post.id.gt(0))
      .include('comments')
      .deleteAll(),
  )
  await step('deleteAndCount', () => Tag.where((tag) => tag.id.gt(0)).deleteAndCount())
  return steps
}

/** The names and types of what an object and its prototypes have. */
function members(object: object): string[] {
  const names = new Set<string>()
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null)
    for (const key of Reflect.ownKeys(at))
      names.add(`${String(key)}: ${typeof Reflect.get(object, key, object)}`)
  return [...names].toSorted()
}

function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { cause, stack: _, ...properties } = error
  const { name, message, constructor } = error
  return { ...properties, class: constructor.name, name, message, cause: cause && describe(cause) }
}
