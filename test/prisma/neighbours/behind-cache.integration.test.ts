import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCache } from 'cache-manager'
import { Redis } from 'iovalkey'
import cacheExtension from 'prisma-extension-cache-manager'
import { PrismaExtensionRedis } from 'prisma-extension-redis'
import { afterAll, expect, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { findTool } from '../../monitoring/tools.ts'
import { asClient } from '../../support/as-client.ts'
import { createSubject, type Subject } from '../subject.ts'

interface Cache {
  readonly extend: (client: PrismaClient) => PrismaClient
  /** The argument that asks for the cache. */
  readonly argument: (name: string) => unknown
}

const redisServer = findTool('redis-server')
const redis = redisServer === undefined ? undefined : startRedis(redisServer)
afterAll(() => redis?.stop())

const caches: Readonly<Record<string, Cache>> = {
  'prisma-extension-cache-manager': {
    extend: (client) =>
      // Its types are made for Prisma 6.
      (cacheExtension as unknown as (config: object) => (extended: PrismaClient) => PrismaClient)({
        cache: createCache(),
      })(client),
    argument: () => true,
  },
  ...(redis && {
    'prisma-extension-redis': {
      extend: (client) =>
        asClient(
          client.$extends(
            PrismaExtensionRedis({
              config: { auto: false, ttl: 60, stale: 0, type: 'STRING' },
              client: redis.connect(),
            }),
          ),
        ),
      argument: (name) => ({ key: `tags:${name}`, ttl: 60 }),
    },
  }),
}

/** A Redis server that listens on a socket file and stores nothing on disk. */
function startRedis(file: string) {
  const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-redis-'))
  const path = join(folder, 'redis.sock')
  const options = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '']
  const server = spawn(file, options, { stdio: 'ignore' })
  const clients: Redis[] = []
  return {
    connect() {
      const client = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: null })
      client.on('error', () => undefined)
      clients.push(client)
      return client
    },
    async stop() {
      for (const client of clients) client.disconnect()
      server.kill('SIGKILL')
      await once(server, 'exit')
      rmSync(folder, { recursive: true })
    },
  }
}

function cachedClient({ metrics, adapter, client }: Subject, cache: Cache): PrismaClient {
  const instrumented = new PrismaClient({ adapter: metrics.adapter(adapter()) }).$extends(
    metrics.extension,
  )
  return client(asClient(cache.extend(asClient(instrumented)).$extends(metrics.behindCache)))
}

test.each(Object.entries(caches))('counts hits and misses of %s', async (_, cache) => {
  const subject = await createSubject({ migrations: false })
  const prisma = cachedClient(subject, cache)
  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  subject.sql.length = 0

  const find = (name: string): Promise<unknown> =>
    prisma.tag.findMany({ where: { name }, cache: cache.argument(name) } as object)
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
