import { expect, test } from 'vitest'
import { statement } from '../truth/statement.ts'
import { breakMetric } from '../../support/break-metric.ts'
import { connect, type Db } from '../connect.ts'

test('calls a handler after the commit, and never for work that was rolled back', async () => {
  const { db, metrics, errors } = await connect()
  const told: string[] = []
  metrics.on('Tag', 'create', ({ result, args }) => {
    const [{ name }] = args
    told.push(`${name} ${String(result.id !== undefined)}`)
  })
  await db.orm.public.Tag.create({ name: 'alone' })
  await db.transaction(async (tx) => {
    await tx.orm.public.Tag.create({ name: 'committed' })
    expect(told).toEqual(['alone true'])
  })
  await expect(
    db.transaction(async (tx) => {
      await tx.orm.public.Tag.create({ name: 'rolled back' })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(told).toEqual(['alone true', 'committed true'])
  expect(errors).toEqual([])
})

test('has no events of a commit that the server has answered with a rollback', async () => {
  const { db, metrics, database, snapshot } = await connect()
  const told: unknown[] = []
  let after = 0
  metrics.on('Tag', 'create', (event) => told.push(event))
  await db.orm.public.Tag.create({ name: 'taken' })
  await db.transaction(async (tx) => {
    await tx.orm.public.Tag.create({ name: 'lost' })
    metrics.afterCommit(() => (after += 1))
    await tx.orm.public.Tag.create({ name: 'taken' }).catch(() => {})
  })
  expect(await database.query('SELECT name FROM "Tag"')).toEqual([{ name: 'taken' }])
  expect(told).toHaveLength(1)
  expect(after).toBe(0)
  const now = await snapshot()
  expect(now.value('prisma_model_inserts_total', { model: 'Tag' })).toBe(1)
  expect(now.value('prisma_rolled_back_rows_total', { model: 'Tag', action: 'insert' })).toBe(1)
})

test('gives each invocation of a retried callback effects of its own', async () => {
  const { bare, metrics, database, errors, snapshot } = await connect({ instrument: false })
  const transaction = bare.transaction.bind(bare)
  const retrying: Db['transaction'] = async (fn) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transaction(fn)
      } catch (error) {
        if (attempt === 3) throw error
      }
    }
  }
  const db = metrics.instrument(Object.assign(bare, { transaction: retrying }))
  const told: string[] = []
  metrics.on('Tag', 'create', ({ args: [{ name }] }) => told.push(name))
  let attempts = 0
  await db.transaction(async (tx) => {
    attempts += 1
    const name = `attempt ${attempts}`
    metrics.afterCommit(() => told.push(`after ${name}`))
    await tx.orm.public.Tag.create({ name })
    await db.orm.public.Tag.create({ name: `beside ${name}` })
    expect(told).not.toContain(name)
    if (attempts < 3) throw new Error('again')
  })
  expect(told).toEqual([
    'beside attempt 1',
    'beside attempt 2',
    'beside attempt 3',
    'after attempt 3',
    'attempt 3',
  ])
  const rows = await database.query('SELECT name FROM "Tag" ORDER BY id')
  expect(rows).toHaveLength(4)
  expect((await snapshot()).value('prisma_transaction_errors_total')).toBe(0)
  expect(errors).toEqual([])
})

test('calls handlers while metrics of operations fail', async () => {
  const { db, metrics, registry, errors } = await connect({ migrations: false })
  const told: string[] = []
  metrics.on('Tag', 'createAll', ({ args: [[{ name } = { name: '' }]] }) => told.push(name))
  await db.orm.public.Tag.createAll([{ name: 'a' }]).toArray()
  breakMetric(registry, 'prisma_operation_rows')
  await db.orm.public.Tag.createAll([{ name: 'b' }]).toArray()
  expect(told).toEqual(['a', 'b'])
  expect(errors.map(String)).toEqual(['Error: prisma_operation_rows is broken'])
})

test('drops the events of a savepoint that raw SQL has rolled back to', async () => {
  const { db, metrics } = await connect()
  const told: string[] = []
  metrics.on('Tag', 'create', ({ args: [{ name }] }) => told.push(name))
  await db.transaction(async (tx) => {
    await tx.orm.public.Tag.create({ name: 'kept' })
    await tx.execute(statement(db, 'SAVEPOINT a'))
    await tx.orm.public.Tag.create({ name: 'undone' })
    await tx.execute(statement(db, 'ROLLBACK TO a'))
  })
  expect(told).toEqual(['kept'])
})

test.for([
  { what: 'COMMIT AND CHAIN', sql: ['COMMIT AND CHAIN'] },
  { what: 'COMMIT and BEGIN', sql: ['COMMIT', 'BEGIN'] },
  { what: 'COMMIT and BEGIN in one text', sql: ['SELECT 1; COMMIT; BEGIN'] },
])('drops the events of a transaction that raw SQL has begun: $what', async ({ sql }) => {
  const { db, metrics, database } = await connect()
  const told: string[] = []
  metrics.on('Tag', 'create', ({ args: [{ name }] }) => told.push(name))
  const undone = db.transaction(async (tx) => {
    await tx.orm.public.Tag.create({ name: 'committed' })
    for (const text of sql) await tx.execute(statement(db, text))
    expect(told).toEqual(['committed'])
    await tx.orm.public.Tag.create({ name: 'rolled back' })
    throw new Error('no')
  })
  await expect(undone).rejects.toThrow('no')
  expect(await database.query('SELECT name FROM "Tag"')).toEqual([{ name: 'committed' }])
  expect(told).toEqual(['committed'])
})

test('treats operations of the outer client and nested transactions as separate work', async () => {
  const { db, metrics } = await connect()
  const told: string[] = []
  metrics.on('Tag', 'create', ({ args: [{ name }] }) => told.push(name))
  metrics.on('Tag', 'update', () => told.push('update'))
  const undone = db.transaction(async (tx) => {
    await db.orm.public.Tag.create({ name: 'beside' })
    // A transaction of its own, which Prisma opens on another connection.
    await db.orm.public.Tag.where({ name: 'beside' }).update({ name: 'renamed' })
    await db.transaction((other) => other.orm.public.Tag.create({ name: 'nested' }))
    await tx.orm.public.Tag.create({ name: 'undone' })
    throw new Error('undo')
  })
  await expect(undone).rejects.toThrow('undo')
  expect(told).toEqual(['beside', 'update', 'nested'])
})

test('follows the transaction of a connection that the program holds', async () => {
  const { db, metrics } = await connect()
  let told = 0
  metrics.on('$raw', 'raw-query', () => (told += 1))
  const connection = await db.runtime().connection()
  const first = await connection.transaction()
  await first.execute(statement(db, `INSERT INTO "Tag" (name) VALUES ('a')`))
  await first.rollback()
  expect(told).toBe(0)
  const second = await connection.transaction()
  await second.execute(statement(db, `INSERT INTO "Tag" (name) VALUES ('a')`))
  expect(told).toBe(0)
  await second.commit()
  expect(told).toBe(1)
  await connection.release()
})

test('keeps errors of handlers and of onError from queries', async () => {
  const { db, metrics, database } = await connect({
    onError: () => {
      throw new Error('onError')
    },
  })
  metrics.on('Tag', 'create', () => {
    throw new Error('handler')
  })
  metrics.on('Tag', 'create', () => Promise.reject(new Error('handler')))
  await db.transaction((tx) => tx.orm.public.Tag.create({ name: 'a' }))
  expect(await database.query('SELECT name FROM "Tag"')).toEqual([{ name: 'a' }])
})

test('measures scopes, and reports repeated operations with their line', async () => {
  const suspects: { fingerprint: string; stack: string | undefined; count: number }[] = []
  const { db, metrics, snapshot } = await connect({
    nPlusOne: { threshold: 3, onSuspect: (suspect) => suspects.push(suspect) },
  })
  await metrics.scope('job', async () => {
    for (const name of ['a', 'b', 'c']) await db.orm.public.Tag.where({ name }).first()
    await db.orm.public.User.first({ id: 1 })
  })
  const now = await snapshot()
  expect(now.value('prisma_scope_operations_sum', { scope: 'job' })).toBe(4)
  expect(now.value('prisma_n_plus_one_suspects_total', { model: 'Tag', operation: 'first' })).toBe(
    1,
  )
  const [suspect] = suspects
  expect(suspect).toMatchObject({ fingerprint: 'where({ name: ? }).first()', count: 3 })
  expect(suspect?.stack).toMatch(/events\.integration\.test\.ts/)
  expect(suspect?.stack).not.toMatch(/src[\\/]prisma-8/)
})

test('suppresses the queries of a gauge', async () => {
  const { db, metrics, registry, snapshot } = await connect()
  metrics.gauge({
    name: 'tags',
    help: 'Tags.',
    read: async () => (await db.orm.public.Tag.aggregate((all) => ({ n: all.count() }))).n,
  })
  await db.orm.public.Tag.create({ name: 'a' })
  expect(await registry.getSingleMetricAsString('tags')).toContain('tags 1')
  expect((await snapshot()).value('prisma_operation_duration_seconds_count')).toBe(1)
})
