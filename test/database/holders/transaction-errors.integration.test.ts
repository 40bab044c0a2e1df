import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { snapshot } from '../../../src/testing/index.ts'
import { gate } from '../../events/connect.ts'
import { createSubject, instrumentedClient, type Subject } from '../../prisma/subject.ts'

/** The errors of transactions by phase and code, without those that did not happen. */
async function errorsOf({ registry }: Subject): Promise<Record<string, number>> {
  const metric = registry.getSingleMetric('prisma_transaction_errors_total')
  const { values } = (await metric?.get()) ?? { values: [] }
  return Object.fromEntries(
    values
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [`${labels['phase']} ${labels['code']}`, value]),
  )
}

test('exposes the known failures at 0', async () => {
  const subject = await createSubject({ migrations: false })
  instrumentedClient(subject)

  const now = await snapshot(subject.registry)
  const metric = 'prisma_transaction_errors_total'
  expect(now.value(metric, { phase: 'begin', code: 'P2028' })).toBe(0)
  expect(now.value(metric, { phase: 'begin', code: 'P1001' })).toBe(0)
  expect(now.value(metric, { phase: 'callback', code: 'P2028' })).toBe(0)
  expect(now.value(metric, { phase: 'commit', code: 'P2034' })).toBe(0)
})

test('counts a BEGIN that finds no connection', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject, { max: 1 })

  await prisma.$transaction(async (tx) => {
    await tx.tag.count()
    await expect(
      prisma.$transaction(async (other) => other.tag.count(), { maxWait: 100 }),
    ).rejects.toMatchObject({ code: 'P2028' })
  })

  expect(await errorsOf(subject)).toEqual({ 'begin P2028': 1 })
  // The connection that came too late was given back.
  await vi.waitFor(() => expect(subject.metrics.openTransactions()).toEqual([]))
})

test('counts a BEGIN that cannot reach the server', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject, { connectionString: 'postgresql://127.0.0.1:1/none' })

  await expect(prisma.$transaction(async (tx) => tx.tag.count())).rejects.toMatchObject({
    code: 'P1001',
  })

  expect(await errorsOf(subject)).toEqual({ 'begin P1001': 1 })
})

test('counts a COMMIT that the server refuses', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)
  const isolationLevel = 'Serializable' as const
  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  // Each reads what the other one writes: the second COMMIT cannot be serialized.
  const read = [gate(), gate()] as const
  const written = [gate(), gate()] as const
  const skew = (own: 0 | 1, name: string, other: string) =>
    prisma.$transaction(
      async (tx) => {
        await tx.tag.findMany({ where: { name: { startsWith: name } } })
        read[own].open()
        await Promise.all(read.map(({ passed }) => passed))
        await tx.tag.create({ data: { name: `${other}${name}` } })
        written[own].open()
        await Promise.all(written.map(({ passed }) => passed))
      },
      { isolationLevel, maxWait: 20_000, timeout: 20_000 },
    )

  const outcomes = await Promise.allSettled([skew(0, 'a', 'b'), skew(1, 'b', 'a')])

  const failed = outcomes.filter(({ status }) => status === 'rejected')
  expect(failed).toHaveLength(1)
  const now = await snapshot(subject.registry)
  expect(now.value('prisma_operation_errors_total')).toBe(0)
  expect(await errorsOf(subject)).toEqual({ 'commit P2034': 1 })
})

test('counts a timeout once, whatever the callback does after it', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)
  const timeout = 100

  void prisma.$transaction(() => new Promise(() => {}), { timeout })
  const resolving = prisma.$transaction(() => sleep(300), { timeout })
  const continuing = prisma.$transaction(
    async (tx) => {
      await sleep(300)
      await tx.tag.count()
    },
    { timeout },
  )
  await Promise.all([
    expect(resolving).rejects.toMatchObject({ code: 'P2028' }),
    expect(continuing).rejects.toMatchObject({ code: 'P2028' }),
  ])

  expect(await errorsOf(subject)).toEqual({ 'callback P2028': 3 })
})

test("does not count the application's own errors, or those of operations", async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)

  await expect(
    prisma.$transaction(async () => {
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'a' } })
      await tx.tag.create({ data: { name: 'a' } })
    }),
  ).rejects.toMatchObject({ code: 'P2002' })
  await prisma.$transaction(async (tx) => {
    await tx.$transaction(async () => sleep(1))
  })

  expect(await errorsOf(subject)).toEqual({})
})

test('does not count a transaction that $disconnect ends', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(subject)
  const begun = gate()

  void prisma.$transaction(async (tx) => {
    await tx.tag.count()
    begun.open()
    await new Promise(() => {})
  })
  await begun.passed
  await prisma.$disconnect()

  expect(subject.metrics.openTransactions()).toEqual([])
  expect(await errorsOf(subject)).toEqual({})
})
