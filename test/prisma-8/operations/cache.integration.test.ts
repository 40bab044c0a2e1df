import { cacheAnnotation, createCacheMiddleware } from '@prisma/orm-extension-middleware-cache'
import { expect, test } from 'vitest'
import { connect } from '../connect.ts'

const count = 'prisma_operation_duration_seconds_count'
const statements = 'prisma_statement_duration_seconds_count'
const requests = 'prisma_cache_requests_total'

test.for(['before', 'after'] as const)(
  "counts the answers of Prisma's cache, which is %s the middleware",
  async (position) => {
    const { db, snapshot } = await connect({
      middlewareOf: ({ middleware }) => {
        const cache = createCacheMiddleware()
        return position === 'before' ? [cache, middleware] : [middleware, cache]
      },
    })
    await db.orm.public.Tag.create({ name: 'a' })
    const before = await snapshot()
    const read = () =>
      db.orm.public.Tag.first({ name: 'a' }, (meta) =>
        meta.annotate(cacheAnnotation({ ttl: 60_000 })),
      )
    const first = await read()
    expect(await read()).toEqual(first)
    await read()
    const now = await snapshot()
    const model = 'Tag'
    expect(now.value(requests, { model, operation: 'select', outcome: 'hit' })).toBe(2)
    expect(now.value(count, { model, operation: 'first' })).toBe(3)
    const added = now.value(statements, { model }) - before.value(statements, { model })
    expect(added).toBe(1)
  },
)

test('counts a cached read with the middleware alone as an answer of the cache only', async () => {
  const { bare, snapshot } = await connect({
    instrument: false,
    middlewareOf: ({ middleware }) => [createCacheMiddleware(), middleware],
  })
  const read = () =>
    bare.orm.public.Tag.first({ name: 'a' }, (meta) =>
      meta.annotate(cacheAnnotation({ ttl: 60_000 })),
    )
  await read()
  await read()
  const now = await snapshot()
  expect(now.value(requests, { model: 'Tag', operation: 'select', outcome: 'hit' })).toBe(1)
  expect(now.value(count, { model: 'Tag', operation: 'select' })).toBe(1)
})

test('counts no row of a write that another middleware has answered', async () => {
  const { db, database, snapshot } = await connect({
    middlewareOf: ({ middleware }) => [
      {
        name: 'answers writes',
        interceptExecute: () => Promise.resolve({ stats: { affectedRows: 7 } }),
      },
      middleware,
    ],
  })
  expect(await db.orm.public.Tag.createAndCount([{ name: 'a' }])).toBe(7)
  expect(await database.query('SELECT * FROM "Tag"')).toEqual([])
  const now = await snapshot()
  expect(now.value('prisma_model_inserts_total', { model: 'Tag' })).toBe(0)
  expect(now.value(count, { model: 'Tag', operation: 'createAndCount' })).toBe(1)
})
