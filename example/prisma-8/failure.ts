import type { Reply } from '../api/router.ts'

const statusOfState: Readonly<Record<string, number>> = {
  '22P02': 400, // not a value of the column's type
  '23001': 409, // ON DELETE RESTRICT, of Postgres 18
  '23502': 400, // missing
  '23503': 409, // foreign key constraint
  '23505': 409, // unique constraint
}

/** An error by which a route reports that a record does not exist. */
export class NotFound extends Error {
  override readonly name = 'NotFound'
}

/** Returns the record, if it exists. */
export function found<T>(record: T | null): T {
  if (record === null) throw new NotFound('expected a record, got none')
  return record
}

/** The response to a failed request. Error texts of the database are never part of it. */
export function replyToFailure(error: unknown): Reply {
  if (error instanceof NotFound) return { status: 404, body: { error: 'not found' } }
  if (error instanceof SyntaxError) return { status: 400, body: { error: 'invalid request' } }
  const { sqlState, code = 'unknown' } = error as { sqlState?: string; code?: string }
  if (sqlState !== undefined)
    return { status: statusOfState[sqlState] ?? 500, body: { error: sqlState } }
  return { status: code === 'RUNTIME.ENCODE_FAILED' ? 400 : 500, body: { error: code } }
}
