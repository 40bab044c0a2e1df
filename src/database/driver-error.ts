/** What a driver adapter threw, where `error` is one of its errors or carries one. */
interface DriverError {
  readonly kind: string
  readonly originalCode: string | undefined
}

/** Reads a `DriverAdapterError`, as the statement layer meets it. */
export function driverError(error: unknown): DriverError | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { name, cause } = error as { name?: unknown; cause?: unknown }
  if (name !== 'DriverAdapterError' || typeof cause !== 'object' || cause === null) return undefined
  const { kind, originalCode } = cause as { kind?: unknown; originalCode?: unknown }
  if (typeof kind !== 'string') return undefined
  return { kind, originalCode: typeof originalCode === 'string' ? originalCode : undefined }
}

/**
 * Reads the `DriverAdapterError` behind an operation's error: Prisma keeps it in the `meta` of its own
 * one, or, in older versions of 7, lets it through where it has no code for it; and another extension may
 * have made either the `cause` of an error of its own.
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

/**
 * True where the server itself refused a statement. On Postgres such a statement aborts its
 * transaction: the server answers a later COMMIT with a ROLLBACK and reports no error
 * (https://www.postgresql.org/docs/current/sql-commit.html).
 */
export function abortsTransaction(
  provider: string | undefined,
  error: DriverError | undefined,
): boolean {
  const aborting =
    provider === 'postgres' || provider === 'postgresql' || provider === 'cockroachdb'
  return aborting && error?.originalCode !== undefined
}

/**
 * True where the server has rolled the whole transaction back by itself, as it does for the victim
 * of a deadlock: MySQL's 1213, SQL Server's 1205
 * (https://dev.mysql.com/doc/refman/8.4/en/innodb-error-handling.html).
 */
export function endsTransaction(
  provider: string | undefined,
  error: DriverError | undefined,
): boolean {
  const { originalCode } = error ?? {}
  return (
    (provider === 'mysql' && originalCode === '1213') ||
    (provider === 'sqlserver' && originalCode === '1205')
  )
}
