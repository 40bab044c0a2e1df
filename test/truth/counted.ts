import type { Registry } from 'prom-client'
import type { Writes } from '../database/database.ts'

interface Sample {
  readonly labels: Readonly<Partial<Record<string, string | number>>>
  readonly value: number
  readonly metricName?: string
}

/** The value of all series of a metric that have these labels. */
export async function total(
  registry: Registry,
  metric: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const family = await registry.getSingleMetric(metric.replace(/_count$/, ''))?.get()
  const samples = (family?.values ?? []) as readonly Sample[]
  return samples
    .filter(({ metricName = metric }) => metricName === metric)
    .filter((sample) =>
      Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
    )
    .reduce((sum, { value }) => sum + value, 0)
}

/**
 * The row counters, by the tables of `audited`. Whether the row of a native upsert was inserted or
 * updated is known to the database alone, so those rows go where the audit has room for them.
 */
export async function countedWrites(
  registry: Registry,
  audited: Writes,
  modelOf: (table: string) => string,
): Promise<Writes> {
  const counted: Writes = {}
  for (const [table, truth] of Object.entries(audited)) {
    const model = modelOf(table)
    const count = (metric: string): Promise<number> => total(registry, metric, { model })
    const insert = await count('prisma_model_inserts_total')
    const upsert = await count('prisma_model_upserts_total')
    const inserted = Math.min(Math.max(truth.insert - insert, 0), upsert)
    counted[table] = {
      insert: insert + inserted,
      update: (await count('prisma_model_updates_total')) + upsert - inserted,
      delete: await count('prisma_model_deletes_total'),
    }
  }
  return counted
}
