import { kindOfMessage, kindOfState } from '../database/statements/connection-errors.ts'
import type { StatementError } from '../database/statements/statement-error.ts'

/** The `cause` of a `DriverAdapterError`. */
interface DriverError {
  readonly kind: string
  /** The code of the database or the driver; undefined if there is no code. */
  readonly originalCode: string | undefined
}

function driverError(error: unknown): DriverError | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { name, cause } = error as { name?: unknown; cause?: unknown }
  if (name !== 'DriverAdapterError' || typeof cause !== 'object' || cause === null) return undefined
  const { kind, originalCode } = cause as { kind?: unknown; originalCode?: unknown }
  if (typeof kind !== 'string') return undefined
  return { kind, originalCode: typeof originalCode === 'string' ? originalCode : undefined }
}

/**
 * Reads the `DriverAdapterError` behind an operation's error: Prisma keeps it in `meta`, or rejects
 * with it in older versions of 7, and another extension may have made either one the `cause` of an
 * error of its own.
 */
export function causingDriverError(error: unknown): DriverError | undefined {
  let at = error
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 10; depth++) {
    const { meta, cause } = at as { meta?: { driverAdapterError?: unknown }; cause?: unknown }
    const found = driverError(at) ?? driverError(meta?.driverAdapterError)
    if (found !== undefined) return found
    at = cause
  }
  return undefined
}

/** Classifies an error that a driver adapter has thrown. */
export function statementError(provider: string, error: unknown): StatementError {
  const cause = driverError(error)
  return {
    kind: kindOf(cause, error),
    aborts: abortsTransaction(provider, cause),
    ends: endsTransaction(provider, cause),
    answerLost: isAnswerLost(provider, cause, error),
  }
}

function kindOf(cause: DriverError | undefined, error: unknown): string {
  // Prisma itself reports an error of another class as GenericJs.
  if (cause === undefined) return kindOfMessage(messageOf(error)) ?? 'GenericJs'
  const state = cause.kind === 'postgres' ? cause.originalCode : undefined
  return (state && kindOfState(state)) ?? cause.kind
}

/**
 * True if the server itself refused a statement and so aborted its transaction, as Postgres does: it
 * answers a later COMMIT with a ROLLBACK and reports no error
 * (https://www.postgresql.org/docs/current/sql-commit.html).
 */
export function abortsTransaction(
  provider: string | undefined,
  error: DriverError | undefined,
): boolean {
  return isPostgres(provider) && error?.originalCode !== undefined && !endsConnection(error)
}

/**
 * True if the server has rolled back the whole transaction by itself, as for the victim of a
 * deadlock: MySQL's 1213, SQL Server's 1205
 * (https://dev.mysql.com/doc/refman/8.4/en/innodb-error-handling.html).
 */
export function endsTransaction(
  provider: string | undefined,
  error: DriverError | undefined,
): boolean {
  return (
    (provider === 'mysql' && error?.originalCode === '1213') ||
    // The adapter keeps no number, and uses this kind for nothing else.
    (provider === 'sqlserver' && error?.kind === 'TransactionWriteConflict')
  )
}

function isPostgres(provider: string | undefined): boolean {
  return provider === 'postgres' || provider === 'postgresql' || provider === 'cockroachdb'
}

/** Postgres: connection exceptions, `statement_completion_unknown`, and a server that shuts down. */
function endsConnection({ originalCode = '' }: DriverError): boolean {
  return /^(?:08...|40003|57P0[1-4])$/.test(originalCode)
}

// Drivers that know the connection to be dead refuse a statement without sending it. MariaDB's codes:
// ER_CONNECTION_ALREADY_CLOSED, ER_CMD_NOT_EXECUTED_DESTROYED, ER_CMD_CONNECTION_CLOSED.
const unsentMessage = /is not queryable$/
const unsentCodes = new Set(['45001', '45004', '45013'])
// MariaDB's own errors start at 45000. 1053, 1927: the server shuts down, or killed the connection.
// PlanetScale's adapter writes the missing code of a failed request as text.
const firstDriverCode = 45_000
const lostCodes = new Set(['1053', '1927', 'undefined'])
// mssql throws these by itself, or because the server refused the request.
const answeredByMssql = new Set(['EREQUEST', 'EABORT', 'ENOTBEGUN', 'ENOTOPEN'])

function isAnswerLost(provider: string, cause: DriverError | undefined, error: unknown): boolean {
  const { originalCode } = cause ?? {}
  if (provider === 'sqlserver') return !answeredByMssql.has(originalCode ?? codeOf(error))
  // SQLite runs in the process: it has answered when a call fails.
  if (provider === 'sqlite') return false
  if (originalCode === undefined) return !unsentMessage.test(messageOf(error))
  if (isPostgres(provider)) return cause !== undefined && endsConnection(cause)
  if (provider !== 'mysql' || unsentCodes.has(originalCode)) return false
  return lostCodes.has(originalCode) || Number(originalCode) >= firstDriverCode
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : ''
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
