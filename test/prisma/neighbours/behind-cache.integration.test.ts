import { createCache } from 'cache-manager'
import cacheExtension from 'prisma-extension-cache-manager'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { asClient } from '../../support/as-client.ts'
import { createSubject, type Subject } from '../subject.ts'

type Extend = (client: PrismaClient) => PrismaClient

const caches: Readonly<Record<string, Extend>> = {
  'prisma-extension-cache-manager': (client) =>
    // Its types are made for Prisma 6.
    (cacheExtension as unknown as (config: object) => (extended: PrismaClient) => PrismaClient)({
      cache: createCache(),
    })(client),
}

function cachedClient({ metrics, adapter, client }: Subject, cache: Extend): PrismaClient {
  const instrumented = new PrismaClient({ adapter: metrics.adapter(adapter()) }).$extends(
    metrics.extension,
  )
  return client(asClient(cache(asClient(instrumented)).$extends(metrics.behindCache)))
}

test.each(Object.entries(caches))('counts hits and misses of %s', async (_, cache) => {
  const subject = await createSubject({ migrations: false })
  const prisma = cachedClient(subject, cache)
  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  subject.sql.length = 0

  const find = (name: string): Promise<unknown> =>
    prisma.tag.findMany({ where: { name }, cache: true } as object)
  const first = await find('a')
  expect(await find('a')).toEqual(first)
  await find('b')
  await find('a')
  await prisma.tag.count()
  await prisma.tag.findFirstOrThrow({ where: { name: 'none' } }).catch(() => undefined)

  const now = await snapshot(subject.registry)
  const requests = (operation: string, outcome: string): number =>
    now.value('prisma_cache_requests_total', { model: 'Tag', operation, outcome })
  const selects = subject.sql.filter((sql) => sql.startsWith('SELECT'))
  expect(requests('findMany', 'hit')).toBe(2)
  expect(requests('findMany', 'miss')).toBe(2)
  expect(requests('count', 'miss')).toBe(1)
  expect(requests('findFirstOrThrow', 'miss')).toBe(1)
  expect(now.value('prisma_cache_requests_total', { outcome: 'miss' })).toBe(selects.length)
  expect(now.value('prisma_operation_duration_seconds_count', { operation: 'findMany' })).toBe(4)
  expect(subject.faults).toEqual([])
})

test.each(Object.entries(caches))('keeps transactions and batches behind %s', async (_, cache) => {
  const subject = await createSubject({ migrations: false })
  const prisma = cachedClient(subject, cache)

  const [one] = await prisma.$transaction([
    prisma.tag.create({ data: { name: 'a' } }),
    prisma.tag.create({ data: { name: 'b' } }),
  ])
  const undone = new Error('undo')
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'c' } })
      throw undone
    }),
  ).rejects.toBe(undone)
  subject.sql.length = 0
  const names = ['a', 'b', 'c']
  const found = await Promise.all(names.map((name) => prisma.tag.findUnique({ where: { name } })))

  expect(found.map((tag) => tag?.name)).toEqual(['a', 'b', undefined])
  expect(found[0]).toEqual(one)
  expect(subject.sql).toHaveLength(1)
})

test('counts nothing without an extension behind the cache', async () => {
  const subject = await createSubject({ migrations: false })
  const { metrics, registry } = subject
  const prisma = subject.client(
    new PrismaClient({ adapter: metrics.adapter(subject.adapter()) }).$extends(metrics.extension),
  )
  await prisma.tag.findMany()
  expect((await registry.getSingleMetric('prisma_cache_requests_total')?.get())?.values).toEqual([])
  expect(() => metrics.behindCache({})).toThrow(
    '$extends(metrics.behindCache): the client: expected a Prisma client',
  )
})
