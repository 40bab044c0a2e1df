import type { KnownFailures } from '../../database/operations/transaction-errors.ts'

/** The failures of a transaction itself: no connection, too many connections, a conflict. */
export const transactionFailures: KnownFailures = [
  ['connection', 'begin'],
  ['53300', 'begin'],
  ['40001', 'commit'],
]

/**
 * The `code` label of a failed operation: the SQLSTATE, Prisma 8's own code (`RUNTIME.ABORTED`),
 * `connection`, or `unknown`. Recognized by its form: each copy of Prisma has its own error classes.
 */
export function errorCode(error: unknown): string {
  const { sqlState, code, kind, severity } = (error ?? {}) as Partial<Record<string, unknown>>
  if (isSqlState(sqlState)) return sqlState
  if (kind === 'sql_connection') return 'connection'
  if (typeof code === 'string' && /^[A-Z]+(?:\.[A-Z0-9_]+)+$/.test(code)) return code
  // An error of the driver that Prisma passes on.
  return typeof severity === 'string' && isSqlState(code) ? code : 'unknown'
}

function isSqlState(code: unknown): code is string {
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)
}
