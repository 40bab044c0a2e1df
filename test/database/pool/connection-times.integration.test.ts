import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { snapshot } from '../../../src/testing/index.ts'
import { createSubject, instrumentedClient } from '../../prisma/subject.ts'

test('measures the use and the creation of connections, apart from the wait', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject, { max: 1 })
  const started = performance.now()

  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    await sleep(200)
  })
  await Promise.all([prisma.$executeRaw`SELECT pg_sleep(0.1)`, prisma.alert.count()])

  const seconds = (performance.now() - started) / 1000
  const now = await snapshot(subject.registry)
  const used = now.value('prisma_pool_connection_use_seconds_sum') ?? 0
  const ok = { outcome: 'ok' }
  expect(now.value('prisma_pool_connection_use_seconds_count')).toBe(3)
  expect(used).toBeGreaterThan(0.3)
  expect(used).toBeLessThanOrEqual(seconds)
  expect(now.value('prisma_pool_connection_create_seconds_count', ok)).toBe(1)
  expect(now.value('prisma_pool_connection_create_seconds_sum', ok)).toBeLessThan(seconds - used)
  expect(now.value('prisma_pool_acquire_timeouts_total')).toBe(0)
})

test('counts acquires that time out, and connections that cannot be opened', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject, { max: 1, connectionTimeoutMillis: 4000 })
  const broken = await createSubject({ migrations: false })
  const unreachable = instrumentedClient(broken, {
    connectionString: 'postgresql://127.0.0.1:1/none',
  })

  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    await expect(prisma.tag.count()).rejects.toThrow()
  })
  await expect(unreachable.tag.count()).rejects.toThrow()

  const now = await snapshot(subject.registry)
  expect(now.value('prisma_pool_acquire_timeouts_total')).toBe(1)
  // A statement without a connection was never sent.
  expect(now.value('prisma_statement_duration_seconds_count', { statement: 'select' })).toBe(1)
  const failed = await snapshot(broken.registry)
  const error = { outcome: 'error' }
  expect(failed.value('prisma_pool_connection_create_seconds_count', error)).toBe(1)
  expect(failed.value('prisma_pool_acquire_timeouts_total')).toBe(0)
})
