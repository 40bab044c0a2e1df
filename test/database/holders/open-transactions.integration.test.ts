import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type LongTransaction, prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { gate } from '../../events/connect.ts'
import { createSubject, instrumentedClient, type Subject } from '../../prisma/subject.ts'
import type { TestDatabase } from '../../support/database/database.ts'

/** The open transactions of the client as the server knows them, in seconds. */
async function serverSide(
  database: TestDatabase,
): Promise<{ age: number; idle: number; state: string }[]> {
  return database.query(`
    SELECT extract(epoch FROM clock_timestamp() - xact_start)::float8 AS age,
      extract(epoch FROM clock_timestamp() - state_change)::float8 AS idle, state
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    ORDER BY xact_start`)
}

async function secondsOf({ registry }: Subject, scope: string) {
  const now = await snapshot(registry)
  return {
    transaction: now.value('prisma_scope_transaction_seconds_total', { scope }),
    idle: now.value('prisma_scope_transaction_idle_seconds_total', { scope }),
    oldest: now.value('prisma_transaction_oldest_seconds'),
  }
}

test('counts the time and the idle time of a transaction while it is open', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)

  await subject.metrics.scope('import', () =>
    prisma.$transaction(async (tx) => {
      await sleep(100)
      const statement = tx.$executeRaw`SELECT pg_sleep(0.4)`.then(() => undefined)
      await vi.waitUntil(async () => (await serverSide(subject.database))[0]?.state === 'active')
      // The server's idle time begins after its last statement.
      const { idle: earlier } = await secondsOf(subject, 'import')
      await statement
      await sleep(300)
      const before = await secondsOf(subject, 'import')
      const [server] = await serverSide(subject.database)
      const after = await secondsOf(subject, 'import')
      expect(server?.state).toBe('idle in transaction')
      // The server knows of BEGIN before its answer arrives.
      for (const key of ['transaction', 'idle', 'oldest'] as const) {
        const known = key === 'idle' ? earlier + (server?.idle ?? 0) : (server?.age ?? 0)
        expect(known).toBeGreaterThan(before[key] ?? 0)
        expect(known).toBeLessThan((after[key] ?? 0) + 0.1)
      }
      await sleep(200)
    }),
  )

  const ended = await snapshot(subject.registry)
  const scope = { scope: 'import' }
  const total = ended.value('prisma_transaction_duration_seconds_sum', { outcome: 'commit' })
  expect(ended.value('prisma_scope_transaction_seconds_total', scope)).toBeCloseTo(total ?? 0, 2)
  const idle = ended.value('prisma_transaction_idle_seconds_sum')
  expect(idle).toBeGreaterThan(0.5)
  expect(idle).toBeLessThan((total ?? 0) - 0.4)
  expect(ended.value('prisma_scope_transaction_idle_seconds_total', scope)).toBeCloseTo(
    idle ?? 0,
    5,
  )
  expect(ended.value('prisma_transaction_oldest_seconds')).toBe(0)
})

test('counts transactions outside scopes under $none', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)

  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    await sleep(50)
  })

  expect((await secondsOf(subject, '$none')).idle).toBeGreaterThan(0.04)
})

test('reports a long transaction once, while it is open, with the line that opened it', async () => {
  const reported: LongTransaction[] = []
  const subject = await createSubject({
    migrations: false,
    longTransaction: { seconds: 0.3, onLong: (transaction) => void reported.push(transaction) },
  })
  const prisma = instrumentedClient(subject)
  let release!: () => void
  const leak = new Promise<void>((resolve) => (release = resolve))

  const quick = subject.metrics.scope('quick', () =>
    prisma.$transaction(async (tx) => tx.tag.count()),
  )
  const leaking = subject.metrics.scope('leak', () => leakingTransaction())
  async function leakingTransaction(): Promise<void> {
    await prisma.$transaction(
      async (tx) => {
        await tx.tag.create({ data: { name: 'a' } })
        await leak
      },
      { timeout: 10_000 },
    )
  }
  await quick
  await vi.waitFor(() => expect(reported).toHaveLength(1), 5000)
  const [server] = await serverSide(subject.database)
  await sleep(400)

  const [open] = subject.metrics.openTransactions()
  expect(reported).toHaveLength(1)
  expect(reported[0]).toMatchObject({
    scope: 'leak',
    lastOperation: { model: 'Tag', operation: 'create' },
    eventLoopDelaySeconds: expect.any(Number) as number,
  })
  const [long] = reported
  expect(long?.ageSeconds).toBeGreaterThanOrEqual(0.29)
  expect(long?.idleSeconds).toBeLessThan(long?.ageSeconds ?? 0)
  expect(long?.idleSeconds).toBeLessThanOrEqual((server?.idle ?? 0) + 0.1)
  expect(long?.stack?.split('\n')[0]).toMatch(/leakingTransaction.*open-transactions\.integration/)
  expect(open).toMatchObject({ scope: 'leak', stack: long?.stack })
  expect(open?.ageSeconds).toBeGreaterThan(0.65)
  release()
  await leaking
  expect(subject.metrics.openTransactions()).toEqual([])
  const now = await snapshot(subject.registry)
  expect(now.value('prisma_long_transactions_total', { scope: 'leak' })).toBe(1)
  expect(now.value('prisma_long_transactions_total', { scope: 'quick' })).toBe(0)
  expect(subject.faults).toEqual([])
})

test('reports each of several overlapping transactions by itself', async () => {
  const reported: LongTransaction[] = []
  const subject = await createSubject({
    migrations: false,
    longTransaction: { seconds: 0.2, onLong: (transaction) => void reported.push(transaction) },
  })
  const prisma = instrumentedClient(subject)
  const hold = (scope: string, seconds: number) =>
    subject.metrics.scope(scope, () =>
      prisma.$transaction(async (tx) => {
        if (scope === 'second') await tx.alert.count()
        else await tx.tag.count()
        await sleep(seconds * 1000)
      }),
    )

  const first = hold('first', 0.6)
  await sleep(100)
  await Promise.all([first, hold('second', 0.4), hold('short', 0.05)])

  expect(reported.map(({ scope, lastOperation }) => [scope, lastOperation?.model])).toEqual([
    ['first', 'Tag'],
    ['second', 'Alert'],
  ])
})

test('does not report a transaction whose end waits behind a blocked event loop', async () => {
  const reported: LongTransaction[] = []
  const subject = await createSubject({
    migrations: false,
    longTransaction: { seconds: 0.2, onLong: (transaction) => void reported.push(transaction) },
  })
  const prisma = instrumentedClient(subject)

  await prisma.$transaction(async (tx) => {
    const counting = tx.tag.count()
    await sleep(20)
    const end = performance.now() + 600
    while (performance.now() < end);
    await counting
  })

  expect(reported).toEqual([])
})

test('has a timer only while a transaction is open, and none without the option', async () => {
  const subject = await createSubject({ migrations: false, longTransaction: { seconds: 3600 } })
  const prisma = instrumentedClient(subject)
  const set = vi.spyOn(globalThis, 'setTimeout')
  const clear = vi.spyOn(globalThis, 'clearTimeout')
  onTestFinished(() => {
    set.mockRestore()
    clear.mockRestore()
  })
  const ours = (): NodeJS.Timeout[] =>
    set.mock.results.flatMap(({ value }, call) =>
      (set.mock.calls[call]?.[1] ?? 0) > 3_500_000 ? [value as NodeJS.Timeout] : [],
    )
  const both = gate()

  const held = [1, 2].map(() =>
    prisma.$transaction(async (tx) => {
      await tx.tag.count()
      await both.passed
    }),
  )
  await vi.waitFor(() => expect(subject.metrics.openTransactions()).toHaveLength(2))

  expect(ours().map((timer) => timer.hasRef())).toEqual([false])
  both.open()
  await Promise.all(held)
  for (const timer of ours()) expect(clear).toHaveBeenCalledWith(timer)
})

test('rejects impossible settings of longTransaction', () => {
  const message =
    /longTransaction\.seconds: expected a number of seconds above 0 and at most \d+, got/
  for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 3_000_000, '5' as never])
    expect(() => prismaMetrics({ longTransaction: { seconds } })).toThrow(message)
  expect(() => prismaMetrics({ longTransaction: { seconds: 1, onLong: 1 as never } })).toThrow(
    /longTransaction\.onLong/,
  )
})
