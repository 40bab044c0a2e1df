/** The key of this package in the comment that Prisma appends to a SQL text. */
export const tagKey = 'prisma_prometheus'

const tag = new RegExp(`${tagKey}='([\\w$.]*)',?`)

/** A SQL text without the tag of this package. */
export interface UntaggedText {
  readonly sql: string
  /** Undefined if the text has no tag. */
  readonly tag: string | undefined
}

/**
 * Removes the tag of this package from the comment at the end of a SQL text, and the comment if nothing
 * else is in it. Prisma writes `/*key='value',…*` `/` with sorted keys, percent-encoded, behind a space.
 */
export function untagged(sql: string): UntaggedText {
  if (!sql.endsWith("'*/")) return { sql, tag: undefined }
  const start = sql.lastIndexOf('/*')
  const comment = sql.slice(start)
  const found = tag.exec(comment)
  if (found === null) return { sql, tag: undefined }
  const rest = comment.replace(found[0], '').replace(/,\*\/$/, '*/')
  const text = sql.slice(0, start)
  // Prisma put the space before its comment.
  return { sql: rest === '/**/' ? text.slice(0, -1) : text + rest, tag: found[1] }
}
