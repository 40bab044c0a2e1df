import { expect } from 'vitest'
import { type MetricsSnapshot, type ReadableRegistry, snapshot } from '../../src/testing/index.ts'
import type { Writes } from '../support/database/database.ts'

/** Expects the row counters to say what `audited` does, table by table. */
export async function expectCounted(
  registry: ReadableRegistry,
  audited: Writes,
  message: string,
): Promise<void> {
  const now = await snapshot(registry)
  const counted = Object.fromEntries(
    Object.entries(audited).map(([table, truth]) => [table, writesOf(now, modelOf(table), truth)]),
  )
  expect(counted, message).toEqual(audited)
}

/**
 * Whether the row of a native upsert was inserted or updated is known to the database alone, so
 * those rows go where `truth` has room for them.
 */
function writesOf(now: MetricsSnapshot, model: string, truth: Writes[string]): Writes[string] {
  const insert = now.value('prisma_model_inserts_total', { model })
  const upsert = now.value('prisma_model_upserts_total', { model })
  const inserted = Math.min(Math.max(truth.insert - insert, 0), upsert)
  return {
    insert: insert + inserted,
    update: now.value('prisma_model_updates_total', { model }) + upsert - inserted,
    delete: now.value('prisma_model_deletes_total', { model }),
  }
}

/** The one model of the schema whose table has another name. */
function modelOf(table: string): string {
  return table === 'job_runs' ? 'JobRun' : table
}
