import { Client, Pool } from 'pg'
import postgres from '@prisma/orm-postgres/runtime'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { prismaMetrics, type PrismaMetrics } from '../../../src/prisma-8.ts'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'
import contractJson from '../../fixtures/prisma-8/contract.json' with { type: 'json' }
import { createDatabase } from '../../support/database/database.ts'
import type { Db } from '../connect.ts'
import { runScript } from './script.ts'

interface Subject {
  readonly db: Db
  /** What the driver was asked for, in order. */
  readonly sql: string[]
  /** What the driver has rejected with. */
  readonly rejections: unknown[]
}

/** A client whose driver is recorded below the instrumentation. */
async function createSubject(metrics?: PrismaMetrics): Promise<Subject> {
  const database = await createDatabase('prisma_8')
  const sql: string[] = []
  const rejections: unknown[] = []
  class RecordedClient extends Client {
    override query(...args: unknown[]): never {
      const [config] = args as [string | { text: string }]
      sql.push(typeof config === 'string' ? config : config.text)
      const query = super.query as (...given: unknown[]) => unknown
      const answer = query.apply(this, args)
      if (answer instanceof Promise) answer.catch((error: unknown) => rejections.push(error))
      return answer as never
    }
  }
  // One connection, so that the order is one.
  const pool = new Pool({ connectionString: database.url, max: 1, Client: RecordedClient })
  const db = postgres<Contract>({
    contractJson,
    pg: metrics === undefined ? pool : metrics.pool(pool),
    middleware: metrics === undefined ? [] : [metrics.middleware],
  })
  onTestFinished(async () => {
    await db.close()
    await pool.end()
    await database.drop()
  })
  return { db: metrics === undefined ? db : metrics.instrument(db), sql, rejections }
}

function failing(): never {
  throw new Error('of the instrumentation')
}

/** A registry whose metrics cannot be made or collected. */
class FailingRegistry extends Registry {
  override getMetricsAsArray(): never {
    return failing()
  }

  override async metrics(): Promise<never> {
    return failing()
  }
}

test.for<{ what: string; metrics: () => PrismaMetrics }>([
  { what: 'the instrumentation', metrics: () => prismaMetrics({ registry: new Registry() }) },
  {
    what: 'handlers, slow operations and an onError that throw',
    metrics: () => {
      const metrics = prismaMetrics({
        registry: new Registry(),
        onError: failing,
        slowOperation: { seconds: 0, onSlow: failing },
        nPlusOne: { threshold: 2, onSuspect: failing },
      })
      for (const model of ['User', 'Tag', 'Post', '$raw'])
        for (const operation of ['create', 'update', 'all', 'raw-query', 'createAll'])
          metrics.on(model, operation, failing)
      metrics.on('Tag', 'create', () => Promise.reject(new Error('of a handler')))
      return metrics
    },
  },
  {
    what: 'a registry that fails',
    metrics: () => prismaMetrics({ registry: new FailingRegistry(), onError: failing }),
  },
])('has the same results, errors, order and SQL with $what', async ({ metrics }) => {
  const bare = await createSubject()
  const expected = await runScript(bare.db)
  const instrumented = await createSubject(metrics())
  const steps = await runScript(instrumented.db)
  for (const [index, step] of steps.entries()) expect(step).toEqual(expected[index])
  expect(steps).toHaveLength(expected.length)
  expect(instrumented.sql).toEqual(bare.sql)
  expect(expected.filter(({ error }) => error !== undefined).length).toBeGreaterThan(9)
  expect(bare.sql.length).toBeGreaterThan(70)
})

test('passes the very error of the driver and of the callback', async () => {
  const { db, rejections } = await createSubject(prismaMetrics({ registry: new Registry() }))
  const caught = async (work: () => PromiseLike<unknown>): Promise<unknown> => {
    try {
      return await work()
    } catch (error) {
      return error
    }
  }
  const { Tag } = db.orm.public
  await Tag.create({ name: 'a' })
  const ofCreate = (await caught(() => Tag.create({ name: 'a' }))) as Error
  expect(ofCreate.cause).toBe(rejections.at(-1))
  const ofAll = (await caught(() => Tag.createAll([{ name: 'a' }]))) as Error
  expect(ofAll.cause).toBe(rejections.at(-1))
  const thrown = new Error('thrown')
  expect(await caught(() => db.transaction(() => Promise.reject(thrown)))).toBe(thrown)
})
