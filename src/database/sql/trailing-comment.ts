/** Splits a text before the comment at its end; without one, the comment is empty. */
export function splitTrailingComment(sql: string): [text: string, comment: string] {
  if (!sql.endsWith('*/')) return [sql, '']
  const start = sql.lastIndexOf('/*')
  // Postgres nests comments: this one may end where the last one does not begin. MySQL runs /*! and /*M!.
  const isOne = start > 0 && sql.indexOf('*/', start + 2) === sql.length - 2
  if (!isOne || /^M?!/.test(sql.slice(start + 2, start + 4))) return [sql, '']
  return [sql.slice(0, start), sql.slice(start)]
}
