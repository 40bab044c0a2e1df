import assert from 'node:assert/strict'
import {
  type MetricsSnapshot,
  type ReadableRegistry,
  snapshot,
} from '../../../src/testing/index.ts'
import type { Action, Writes } from '../../support/database/database.ts'

/** The label of each table's model, by the table as the triggers call it. */
const labels: Readonly<Record<string, string>> = {
  app_user: 'User',
  Profile: 'Profile',
  Post: 'Post',
  comments: 'Comment',
  Tag: 'Tag',
  user_tag: 'UserTag',
  Note: 'public.Note',
  tasks: 'Task',
  features: 'Feature',
  'archive.app_user': 'Reader',
  'archive.Note': 'archive.Note',
  unplanned: '$raw',
}

interface Range {
  readonly least: number
  readonly most: number
}

/**
 * Expects the row counters to equal the triggers, table by table. Rows of a COMMIT whose answer was lost
 * may have been committed or not.
 */
export async function expectCounted(
  registry: ReadableRegistry,
  audited: Writes,
  message: string,
): Promise<void> {
  const now = await snapshot(registry)
  for (const [table, truth] of Object.entries(audited)) {
    const model = labels[table] ?? table
    const counted = countedOf(now, model, truth)
    for (const action of ['insert', 'update', 'delete'] as const) {
      const { least, most } = counted[action]
      const expected = truth[action]
      const within = expected >= least && expected <= most
      if (!within)
        assert.deepEqual(
          { message, [`${model} ${action}`]: least },
          {
            message,
            [`${model} ${action}`]: expected,
          },
        )
    }
  }
}

function countedOf(
  now: MetricsSnapshot,
  model: string,
  truth: Writes[string],
): Record<Action, Range> {
  const of = (metric: string): number => now.value(metric, { model })
  const unknown = (action: string): number =>
    now.value('prisma_unknown_rows_total', { model, action })
  const insert = of('prisma_model_inserts_total')
  const upsert = of('prisma_model_upserts_total')
  // An upsert has inserted or updated: its rows go where the triggers have room for them.
  const inserted = Math.min(Math.max(truth.insert - insert, 0), upsert)
  const range = (least: number, action: string): Range => ({
    least,
    most: least + unknown(action) + unknown('upsert'),
  })
  return {
    insert: range(insert + inserted, 'insert'),
    update: range(of('prisma_model_updates_total') + upsert - inserted, 'update'),
    delete: range(of('prisma_model_deletes_total'), 'delete'),
  }
}
