import { isUpsert } from '../plans/plan-statements.ts'
import type { SentStatement } from '../connection-recorder.ts'
import type { PgResult } from './pg.ts'

const column = '__prisma_prometheus_inserted'

/** One upsert whose result shows for each row whether it was inserted. */
export interface ExactUpsert {
  /** The query with the additional column. */
  config(config: unknown): unknown
  /** Removes the column from the result; returns the number of inserted rows. */
  take(result: unknown): number | undefined
}

const exactUpsert: ExactUpsert = {
  config(config) {
    const { text } = config as { text: string }
    // Postgres sets xmax when it locks the row that an INSERT conflicts with.
    return { ...(config as object), text: `${text}, (xmax = 0) AS "${column}"` }
  },
  take(result) {
    const { rows = [], fields } = result as PgResult
    if (fields?.at(-1) === undefined) return undefined
    fields.pop()
    let inserted = 0
    for (const row of rows as Record<string, unknown>[]) {
      if (row[column] === true) inserted += 1
      delete row[column]
    }
    return inserted
  },
}

/** Asks Postgres whether an upsert inserted or updated: the `exactUpserts` option. */
export class ExactUpserts {
  /** Undefined for every other statement. */
  statement({ plan }: SentStatement): ExactUpsert | undefined {
    if (plan === undefined || !isUpsert(plan.ast)) return undefined
    return (plan.ast.returning?.length ?? 0) > 0 ? exactUpsert : undefined
  }
}
