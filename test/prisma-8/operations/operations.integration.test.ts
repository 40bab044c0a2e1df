import { expect, test } from 'vitest'
import { statement } from '../truth/statement.ts'
import { connect } from '../connect.ts'

const count = 'prisma_operation_duration_seconds_count'
const errorsTotal = 'prisma_operation_errors_total'

test('counts each method of a collection as one operation of its model', async () => {
  const { db, snapshot } = await connect()
  const { User, Tag, Note } = db.orm.public
  await User.create({ email: 'a', posts: (posts) => posts.create([{ title: 'p' }]) })
  await User.where({ email: 'a' }).update({ score: 1 })
  await User.where((user) => user.score.gt(0)).updateAll({ score: 2 })
  await User.include('posts').where({ email: 'a' }).first()
  await User.orderBy((user) => user.id.asc())
    .limit(3)
    .all()
  await User.groupBy('score').aggregate((group) => ({ rows: group.count() }))
  await Tag.upsert({ create: { name: 'x' }, update: {}, conflictOn: { name: 'x' } })
  await Note.create({ text: 'one' })
  await db.orm.archive.Note.createAndCount([{ text: 'two' }])
  const now = await snapshot()
  const expected: readonly (readonly [string, string])[] = [
    ['User', 'create'],
    ['User', 'update'],
    ['User', 'updateAll'],
    ['User', 'first'],
    ['User', 'all'],
    ['User', 'groupBy'],
    ['Tag', 'upsert'],
    ['public.Note', 'create'],
    ['archive.Note', 'createAndCount'],
  ]
  for (const [model, operation] of expected)
    expect(now.value(count, { model, operation }), `${model}.${operation}`).toBe(1)
  expect(now.value(count)).toBe(expected.length)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})

test('counts each execution of a plan as one operation, by its kind', async () => {
  const { db, snapshot } = await connect()
  const { app_user: user } = db.sql.public
  await db.runtime().query(
    user
      .insert([{ email: 'a' }])
      .returning('id')
      .build(),
  )
  await db.runtime().execute(user.update({ score: 1 }).build())
  await db.runtime().execute(statement(db, 'DELETE FROM "Note"'))
  const prepared = await db.prepare({ email: 'pg/text@1' }, ({ email }) =>
    user
      .select('id')
      .where((row, fns) => fns.eq(row.email, email))
      .build(),
  )
  await prepared.query(db.runtime(), { email: 'a' })
  await db.transaction((tx) => prepared.query(tx, { email: 'a' }))
  const now = await snapshot()
  expect(now.value(count, { model: 'User', operation: 'insert' })).toBe(1)
  expect(now.value(count, { model: 'User', operation: 'update' })).toBe(1)
  expect(now.value(count, { model: '$raw', operation: 'raw-query' })).toBe(1)
  expect(now.value(count, { model: 'User', operation: 'select' })).toBe(2)
  expect(now.value(count)).toBe(5)
})

test('counts the retry of a prepared statement as one operation and two statements', async () => {
  const { db, snapshot } = await connect({ poolConfig: { max: 1 } })
  const prepared = await db.prepare({ name: 'pg/text@1' }, ({ name }) =>
    db.sql.public.Tag.select('id')
      .where((tag, fns) => fns.eq(tag.name, name))
      .build(),
  )
  await prepared.query(db.runtime(), { name: 'a' })
  await db.runtime().execute(statement(db, 'DEALLOCATE ALL'))
  const before = await snapshot()
  await prepared.query(db.runtime(), { name: 'a' })
  const after = await snapshot()
  const added = (metric: string, labels: Record<string, string>): number =>
    after.value(metric, labels) - before.value(metric, labels)
  expect(added(count, { model: 'Tag' })).toBe(1)
  expect(added(errorsTotal, {})).toBe(0)
  expect(added('prisma_statement_duration_seconds_count', { model: 'Tag' })).toBe(2)
})

test('keeps a lazy result lazy and counts it when it is consumed', async () => {
  const { db, database, snapshot } = await connect()
  const lazy = db.orm.public.Tag.createAll([{ name: 'a' }, { name: 'b' }])
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(await database.query('SELECT * FROM "Tag"')).toEqual([])
  expect((await snapshot()).value(count)).toBe(0)
  const rows = await lazy
  expect(rows).toHaveLength(2)
  expect(await lazy).toBe(rows)
  expect((await snapshot()).value(count, { model: 'Tag', operation: 'createAll' })).toBe(1)
  expect((await snapshot()).value('prisma_operation_rows_sum', { model: 'Tag' })).toBe(2)
})

test('leaves nothing in flight when a consumer stops early', async () => {
  const { db, snapshot } = await connect()
  await db.orm.public.Tag.createAll([{ name: 'a' }, { name: 'b' }])
  for await (const tag of db.orm.public.Tag.all()) {
    expect(tag.name).toBe('a')
    break
  }
  const now = await snapshot()
  expect(now.value(count, { model: 'Tag', operation: 'all' })).toBe(1)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})

test('labels failed operations with the SQLSTATE or the code of Prisma 8', async () => {
  const { db, snapshot } = await connect()
  await db.orm.public.Tag.create({ name: 'a' })
  await expect(db.orm.public.Tag.create({ name: 'a' })).rejects.toMatchObject({
    sqlState: '23505',
  })
  const plan = db.raw.sql`SELECT 1 AS one`.returnsRow({ other: 'pg/int4@1' }).build()
  await expect(db.runtime().query(plan).toArray()).rejects.toMatchObject({
    code: 'RUNTIME.RAW_ROW_COLUMN_MISSING',
  })
  const select = db.sql.public.Tag.select('id').build()
  await expect(
    db.runtime().query(select, { signal: AbortSignal.abort() }).toArray(),
  ).rejects.toMatchObject({ code: 'RUNTIME.ABORTED' })
  const now = await snapshot()
  expect(now.value(errorsTotal, { model: 'Tag', operation: 'create', code: '23505' })).toBe(1)
  expect(now.value(errorsTotal, { code: 'RUNTIME.RAW_ROW_COLUMN_MISSING' })).toBe(1)
  expect(now.value(errorsTotal, { code: 'RUNTIME.ABORTED' })).toBe(1)
  expect(now.value('prisma_statement_errors_total', { kind: 'UniqueConstraintViolation' })).toBe(1)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})

test('leaves an error that nobody handles unhandled', async () => {
  const { db } = await connect()
  await db.orm.public.Tag.create({ name: 'a' })
  const unhandled: unknown[] = []
  const original = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => unhandled.push(error))
  try {
    void db.orm.public.Tag.create({ name: 'a' })
    await expect.poll(() => unhandled).toHaveLength(1)
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of original) process.on('unhandledRejection', listener)
  }
})

test('counts operations by the kind of their plans with the middleware alone', async () => {
  const { bare, snapshot } = await connect({ instrument: false })
  await bare.orm.public.Tag.create({ name: 'a' })
  await expect(bare.orm.public.Tag.create({ name: 'a' })).rejects.toThrow(/duplicate/)
  const now = await snapshot()
  expect(now.value(count, { model: 'Tag', operation: 'insert' })).toBe(2)
  expect(now.value(errorsTotal, { model: 'Tag', operation: 'insert', code: 'unknown' })).toBe(1)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})
