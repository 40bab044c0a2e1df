import { createCache } from 'cache-manager'
import cacheExtension from 'prisma-extension-cache-manager'
import { expect, test } from 'vitest'
import type { PrismaClient } from '../../../prisma/generated/client.ts'
import { observe } from './observed.ts'

// vitest takes the default out of the CommonJS that it is; its types are made for Prisma 6.
const cached = cacheExtension as unknown as (config: {
  readonly cache: ReturnType<typeof createCache>
}) => (client: unknown) => PrismaClient

test.each([
  { order: 'before', counted: 1 },
  { order: 'after', counted: 2 },
])('a cache of cache-manager $order the metrics', async ({ order, counted }) => {
  const { metrics, prisma: client, numbers } = await observe()
  const withCache = cached({ cache: createCache() })
  const prisma = (
    order === 'before'
      ? withCache(client).$extends(metrics.extension)
      : withCache(client.$extends(metrics.extension))
  ) as PrismaClient

  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  const everything = { cache: true } as object
  const first = await prisma.tag.findMany(everything)
  expect(await prisma.tag.findMany(everything)).toEqual(first)
  expect(await prisma.tag.count()).toBe(2)

  expect(await numbers('Tag')).toEqual({
    operations: { 'Tag.createMany': 1, 'Tag.findMany': counted, 'Tag.count': 1 },
    rows: { inserts: 2 },
  })
})
