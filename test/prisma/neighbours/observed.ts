import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics, type PrismaMetrics } from '../../../src/index.ts'
import { createDatabase, type TestDatabase } from '../../support/database/database.ts'

/** What one table's writes and one model's operations came to. */
export interface Numbers {
  /** `prisma_operation_duration_seconds_count` by operation, `$transaction`s' own raw ones included. */
  readonly operations: Record<string, number>
  /** `prisma_model_{inserts,updates,deletes,upserts}_total` of the model, zeros left out. */
  readonly rows: Record<string, number>
}

export interface Observed {
  readonly database: TestDatabase
  readonly registry: Registry
  readonly metrics: PrismaMetrics
  /** A client on the wrapped adapter, not extended yet. */
  readonly prisma: PrismaClient
  /** One without the adapter wrapped: the rows are told from the operations. */
  readonly bare: PrismaClient
  numbers(model: string, client?: string): Promise<Numbers>
}

export async function observe(): Promise<Observed> {
  const database = await createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, client: 'main' })
  const adapter = (): PrismaPg => new PrismaPg({ connectionString: database.url })
  const prisma = new PrismaClient({ adapter: metrics.adapter(adapter()) })
  const bare = new PrismaClient({ adapter: adapter() })
  onTestFinished(async () => {
    await Promise.all([prisma.$disconnect(), bare.$disconnect()])
    await database.drop()
  })
  return {
    database,
    registry,
    metrics,
    prisma,
    bare,
    numbers: (model, client = 'main') => numbersOf(registry, model, client),
  }
}

export async function numbersOf(
  registry: Registry,
  model: string,
  client: string,
): Promise<Numbers> {
  const families = await registry.getMetricsAsJSON()
  const operations: Record<string, number> = {}
  const rows: Record<string, number> = {}
  for (const { name, values } of families) {
    for (const { labels, value, metricName } of values as readonly Sample[]) {
      if (labels['client'] !== client) continue
      if (metricName === 'prisma_operation_duration_seconds_count') {
        operations[`${labels['model']}.${labels['operation']}`] = value
      }
      const action = /^prisma_model_(\w+)_total$/.exec(name)?.[1]
      if (action !== undefined && labels['model'] === model && value > 0) rows[action] = value
    }
  }
  return { operations, rows }
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
}
