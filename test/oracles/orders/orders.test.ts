import type { SqlQuery, Transaction } from '@prisma/driver-adapter-utils'
import fc from 'fast-check'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { everyOrder } from './every-order.ts'
import { type Answer, fakePostgres, type Outcomes } from './fake-postgres.ts'

const insert = 'INSERT INTO "Tag" VALUES ($1)'
const texts = [
  insert,
  'SAVEPOINT a',
  'SAVEPOINT b',
  'RELEASE SAVEPOINT a',
  'ROLLBACK TO SAVEPOINT a',
  'FAIL',
  'COMMIT',
  'ROLLBACK',
  'COMMIT /* lost */',
] as const

/** A call on one of two transactions, or outside them. */
interface Call {
  readonly on: 0 | 1 | 'outside'
  readonly sql: (typeof texts)[number]
}

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ on: fc.constantFrom(0, 1), sql: fc.constantFrom(...texts) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ on: fc.constant('outside'), sql: fc.constantFrom(insert, 'FAIL') }),
  },
)
const program = fc.array(call, { minLength: 1, maxLength: 6 })

const query = (sql: string): SqlQuery => ({ sql, args: [], argTypes: [] })

/** Sends a call as Prisma does; the text of a COMMIT says if its answer is lost. */
function send(transaction: Transaction, sql: string, usePhantomQuery: boolean): Promise<unknown> {
  if (sql === insert) return transaction.queryRaw(query(sql))
  if (!usePhantomQuery || (sql !== 'COMMIT' && sql !== 'ROLLBACK'))
    return transaction.executeRaw(query(sql))
  return sql === 'COMMIT' ? transaction.commit() : transaction.rollback()
}

type Counted = Outcomes & { readonly inFlight: number }

/** An instrumented adapter of a database in memory. */
class Subject {
  readonly truth: Outcomes = { committed: 0, rolledBack: 0, unknown: 0 }
  readonly #registry = new Registry()
  readonly #metrics = prismaMetrics({
    registry: this.#registry,
    eventLoopDelay: false,
    migrations: false,
  })

  /** Sends all calls at once, waits for their answers, and ends both transactions as Prisma does. */
  async run(calls: readonly Call[], answer: Answer, usePhantomQuery: boolean): Promise<void> {
    const fake = fakePostgres(this.truth, answer, usePhantomQuery)
    const adapter = await this.#metrics.adapter(fake).connect()
    const transactions = [
      await adapter.startTransaction(),
      await adapter.startTransaction(),
    ] as const
    await Promise.allSettled(
      calls.map(({ on, sql }) =>
        on === 'outside'
          ? adapter.executeRaw(query(sql))
          : send(transactions[on], sql, usePhantomQuery),
      ),
    )
    for (const transaction of transactions) {
      if (!usePhantomQuery) await Promise.allSettled([transaction.executeRaw(query('ROLLBACK'))])
      await Promise.allSettled([transaction.rollback()])
    }
  }

  async counted(): Promise<Counted> {
    const now = await snapshot(this.#registry)
    return {
      committed: now.value('prisma_model_inserts_total'),
      rolledBack: now.value('prisma_rolled_back_rows_total'),
      unknown: now.value('prisma_unknown_rows_total'),
      inFlight: now.value('prisma_transactions_in_flight'),
    }
  }

  dispose(): void {
    this.#metrics.dispose()
  }
}

const randomPrograms = Number(process.env['ORDER_PROGRAMS'] ?? 1000)

test('counts the rows of a model database, in an order of answers that shrinks', async () => {
  let tried = 0
  await fc.assert(
    fc.asyncProperty(program, fc.scheduler(), fc.boolean(), async (calls, scheduler, phantom) => {
      tried += 1
      const subject = new Subject()
      const answer: Answer = async (label, settle) => {
        await scheduler.schedule(Promise.resolve(), label)
        return settle()
      }
      await scheduler.waitFor(subject.run(calls, answer, phantom))
      expect(await subject.counted()).toEqual({ ...subject.truth, inFlight: 0 })
      subject.dispose()
    }),
    { numRuns: randomPrograms, seed: 1 },
  )
  console.log(`orders of answers, random: ${tried} programs tried, 0 failed`)
})

test('counts the rows of a model database, in every order of up to six answers', async () => {
  let orders = 0
  const programs = fc.sample(program, { numRuns: randomPrograms / 10, seed: 2 })
  for (const calls of programs) {
    for (const phantom of [true, false]) {
      const subject = new Subject()
      orders += await everyOrder((answer) => subject.run(calls, answer, phantom))
      expect(await subject.counted()).toEqual({ ...subject.truth, inFlight: 0 })
      subject.dispose()
    }
  }
  console.log(`orders of answers, all of ${programs.length} programs: ${orders} tried, 0 failed`)
  expect(orders).toBeGreaterThan(5 * programs.length)
})
