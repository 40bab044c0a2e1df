import { expect, test } from 'vitest'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import { snapshot } from '../../src/testing/index.ts'
import { heapInUse } from '../support/heap.ts'
import { connect } from './connect.ts'

/**
 * Bytes that each of `times` runs leaves in the heap, in the best of some rounds: what is kept is
 * kept in every round, what the engine compiles is not.
 */
async function bytesLeft(times: number, run: (times: number) => Promise<void>): Promise<number> {
  await run(times)
  const rounds: number[] = []
  for (let round = 0; round < 3; round++) {
    const before = await heapInUse()
    await run(times)
    rounds.push(((await heapInUse()) - before) / times)
  }
  return Math.min(...rounds)
}

/**
 * Bytes that keeping a unit of work would leave at the very least: an object of its fields. A heap is
 * not measured to the byte; what a transaction would leave is ten times that and more.
 */
const leastKept = 64

/** A query now and then: it is the scopes that are many. */
function query(prisma: PrismaClient, id: number): Promise<unknown> {
  return id % 20 === 0 ? prisma.tag.count({ where: { id } }) : Promise.resolve()
}

test('does not leak memory in ten thousand scopes', { timeout: 180_000 }, async () => {
  const { prisma, metrics, registry } = await connect()
  metrics.on('Tag', 'count', () => {})

  const left = await bytesLeft(10_000, async (times) => {
    for (let id = 0; id < times; id++) {
      await metrics.scope('outer', () => metrics.scope('inner', () => query(prisma, id)))
    }
  })

  expect(left).toBeLessThan(leastKept)
  const now = await snapshot(registry)
  expect(now.value('prisma_scope_operations_sum', { scope: 'inner' })).toBe(40_000 / 20)
})

test('does not leak memory in endlessly nested scopes', { timeout: 180_000 }, async () => {
  const { prisma, metrics } = await connect()
  const length = 10_000
  const heaps: number[] = []

  await new Promise<void>((resolve, reject) => {
    // Each begins in the context of the one before, which ends only then.
    const link = async (id: number, begun: () => void): Promise<void> => {
      begun()
      await query(prisma, id)
      if (id % length === 0) heaps.push(await heapInUse())
      if (id === 4 * length) return resolve()
      await new Promise<void>((next) => setImmediate(begin, id + 1, next))
    }
    const begin = (id: number, begun: () => void): void => {
      metrics.scope('link', () => link(id, begun)).catch(reject)
    }
    begin(1, () => {})
  })

  const rounds = heaps.slice(1).map((heap, round) => (heap - (heaps[round] ?? 0)) / length)
  expect(Math.min(...rounds)).toBeLessThan(leastKept)
})

test('does not leak memory in transactions and their events', { timeout: 180_000 }, async () => {
  const { prisma, metrics } = await connect()
  let told = 0
  metrics.on('Tag', 'count', () => {
    told += 1
  })

  const left = await bytesLeft(500, async (times) => {
    for (let id = 0; id < times; id++) {
      await prisma
        .$transaction(async (tx) => {
          await tx.tag.count()
          if (id % 2 === 0) throw new Error('no')
        })
        .catch(() => {})
    }
  })

  expect(told).toBe(1000)
  expect(left).toBeLessThan(10 * leastKept)
})
