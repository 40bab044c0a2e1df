import { splitTrailingComment } from '../../database/sql/trailing-comment.ts'
import type { SqlQuery, SqlResultSet } from '../driver-adapter.ts'

const added = '__prisma_prometheus_inserted'

// The RETURNING that Prisma writes: a list of quoted columns. Other SQL stays as it is.
const column = String.raw`"[^"]+"(?:\."[^"]+")*(?:\s+AS\s+"[^"]+")?`
const returning = new RegExp(String.raw`\sRETURNING\s+${column}(?:\s*,\s*${column})*\s*$`, 'iu')

/**
 * The query of a native upsert that also asks Postgres of each row whether it was inserted; undefined for
 * SQL that Prisma has not written.
 */
export function askForInserted(query: SqlQuery): SqlQuery | undefined {
  const [text, comment] = splitTrailingComment(query.sql)
  if (!returning.test(text)) return undefined
  // Postgres sets xmax when it locks the row that an INSERT conflicts with.
  return { ...query, sql: `${text.trimEnd()}, (xmax = 0) AS "${added}" ${comment}` }
}

/** Takes the answer out of the result; returns the number of inserted rows, undefined without an answer. */
export function takeInserted({ columnNames, columnTypes, rows }: SqlResultSet): number | undefined {
  if (columnNames.at(-1) !== added) return undefined
  columnNames.pop()
  columnTypes?.pop()
  let inserted = 0
  for (const row of rows) if (row.pop() === true) inserted += 1
  return inserted
}
