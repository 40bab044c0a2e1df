import express from 'express'
import { expect, test } from 'vitest'
import { Prisma } from '../../prisma/generated/client.ts'
import type { SlowOperation } from '../../src/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { serve } from '../support/serve.ts'
import { connect } from './connect.ts'

test('counts and reports slow operations, and no others', async () => {
  const slow: SlowOperation[] = []
  const { prisma, registry } = await connect({
    slowOperation: { seconds: 1.5, onSlow: (operation) => slow.push(operation) },
  })
  await prisma.$connect()
  await prisma.tag.findMany()

  await prisma.$queryRaw`SELECT pg_sleep(1.6)::text, ${'secret'}::text`

  expect(slow).toEqual([
    {
      model: '$raw',
      operation: '$queryRaw',
      durationSeconds: expect.any(Number),
      waitSeconds: expect.any(Number),
      fingerprint: 'SELECT pg_sleep(?)::text, ?::text',
      stack: undefined,
      scope: undefined,
      statements: undefined,
      suppressed: 0,
    },
  ])
  expect(slow[0]?.durationSeconds).toBeGreaterThanOrEqual(1.5)
  const now = await snapshot(registry)
  expect(now.value('prisma_slow_operations_total', { model: '$raw' })).toBe(1)
  expect(now.value('prisma_slow_operations_total', { model: 'Tag', operation: 'findMany' })).toBe(0)
})

test('counts a slow operation that fails', async () => {
  const slow: SlowOperation[] = []
  const { prisma } = await connect({
    slowOperation: { seconds: 0, onSlow: (operation) => slow.push(operation) },
  })

  await prisma.tag
    .delete({ where: { id: 1, alerts: { some: { title: 'private' } } } })
    .catch(() => {})

  expect(slow).toMatchObject([
    {
      model: 'Tag',
      operation: 'delete',
      fingerprint: '{ where: { id: ?, alerts: { some: { title: ? } } } }',
      stack: expect.stringContaining('slow-operation.integration.test.ts'),
    },
  ])
})

test('removes all literals from raw SQL', async () => {
  const slow: SlowOperation[] = []
  const { prisma } = await connect({
    slowOperation: { seconds: 0, intervalSeconds: 0, onSlow: (operation) => slow.push(operation) },
  })
  // Where texts differ by database, or are none, they fail, and are told all the same.
  const texts = [
    `SELECT 1 -- don't\n FROM "Tag" WHERE name = 'secret'`,
    `/* it's */ SELECT "it's" FROM "Tag" WHERE name = 'secret' AND id IN (0x5EC, 1_000, 1.5e-7)`,
    `SELECT \`it's\`, \`id\` FROM "Tag" WHERE name = 'it''s secret'`,
    `SELECT ARRAY['secret', 'b'] /* SELECT 'secret' */`,
    // It is not certain where a literal begins or ends.
    `SELECT 1 --don't\n FROM "Tag" WHERE name = 'secret'`,
    `SELECT 1 # don't\n FROM "Tag" WHERE name = 'secret'`,
    `SELECT 1 /* a /* b */ it's */ FROM "Tag" WHERE name = 'secret'`,
    `SELECT [it's] FROM "Tag" WHERE name = 'secret'`,
    `SELECT $$it's secret$$`,
    `SELECT E'it\\'s secret'`,
    `/*!50000 it's */ SELECT 'secret'`,
    `SELECT 'secret`,
  ]

  for (const text of texts) {
    await prisma.$queryRawUnsafe(text).catch(() => {})
    await prisma.$queryRaw(Prisma.raw(text)).catch(() => {})
  }

  const fingerprints = slow.map(({ fingerprint }) => fingerprint)
  expect(fingerprints.filter((_, index) => index % 2 === 0)).toEqual([
    'SELECT ? FROM ? WHERE name = ?',
    'SELECT ? FROM ? WHERE name = ? AND id IN (?)',
    'SELECT ?, `id` FROM ? WHERE name = ?',
    'SELECT ARRAY[?]',
    ...Array.from({ length: 6 }, () => 'SELECT …'),
    '…',
    'SELECT …',
  ])
  expect(fingerprints[1]).toBe('SELECT ? FROM "Tag" WHERE name = ?')
  expect(fingerprints[3]).toBe('SELECT ? FROM "Tag" WHERE name = ? AND id IN (?)')
  expect(fingerprints).toHaveLength(2 * texts.length)
  expect(fingerprints.join('\n')).not.toContain('secret')
})

test('passes the stack of the application without frames of packages', async () => {
  const slow: SlowOperation[] = []
  const { prisma } = await connect({
    slowOperation: { seconds: 0, onSlow: (operation) => slow.push(operation) },
  })
  const app = express().get('/', (_req, res) => {
    const count = prisma.tag.count()
    void count.then((tags) => res.json(tags))
  })
  await using served = await serve(app)

  await fetch(served.url)

  expect(slow[0]?.stack).toMatch(/^at .*slow-operation\.integration\.test\.ts:\d+:\d+\)?$/)
})

test('calls onSlow at most once per interval for each model and operation, with the number of suppressed calls', async () => {
  const slow: SlowOperation[] = []
  const { prisma, registry } = await connect({
    slowOperation: {
      seconds: 0,
      intervalSeconds: 3,
      onSlow: (operation) => slow.push(operation),
    },
  })

  for (let count = 0; count < 5; count++) await prisma.tag.count()
  await prisma.tag.findMany()
  await new Promise((resolve) => setTimeout(resolve, 3000))
  await prisma.tag.count()

  expect(slow.map(({ operation, suppressed }) => [operation, suppressed])).toEqual([
    ['count', 0],
    ['findMany', 0],
    ['count', 4],
  ])
  const now = await snapshot(registry)
  expect(now.value('prisma_slow_operations_total', { operation: 'count' })).toBe(6)
})

test('reports a failing onSlow without affecting the query', async () => {
  const { prisma, registry, errors } = await connect({
    slowOperation: { seconds: 0, onSlow: async () => Promise.reject(new Error('no')) },
  })

  expect(await prisma.tag.count()).toBe(0)
  await expect.poll(() => errors).toEqual([new Error('no')])
  const now = await snapshot(registry)
  expect(now.value('prisma_event_handler_errors_total', { operation: 'onSlow' })).toBe(1)
  expect(now.value('prisma_instrumentation_errors_total')).toBe(0)
})

test('counts no slow operations without the option', async () => {
  const { prisma, registry } = await connect()

  await prisma.$queryRaw`SELECT pg_sleep(0.1)::text`

  expect((await snapshot(registry)).value('prisma_slow_operations_total')).toBe(0)
})

test('rejects invalid settings', async () => {
  await expect(connect({ slowOperation: {} as never })).rejects.toThrow(
    'prisma-prometheus: slowOperation.seconds: expected a number of seconds of at least 0, got undefined',
  )
  await expect(connect({ slowOperation: { seconds: 1, intervalSeconds: -1 } })).rejects.toThrow(
    'slowOperation.intervalSeconds: expected a number of seconds of at least 0, got -1',
  )
  await expect(connect({ slowOperation: { seconds: 1, onSlow: 'log' as never } })).rejects.toThrow(
    'prisma-prometheus: slowOperation.onSlow: expected a function, got "log"',
  )
})
