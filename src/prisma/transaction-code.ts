import type { KnownFailures } from '../database/operations/transaction-errors.ts'
import { causingDriverError } from './driver-error.ts'
import { errorCode } from './error-code.ts'

/** The failures of a transaction itself: no connection, too many connections, a timeout, a conflict. */
export const transactionFailures: KnownFailures = [
  ['P2028', 'begin'],
  ['P1001', 'begin'],
  ['P2037', 'begin'],
  ['P2028', 'callback'],
  ['P2028', 'commit'],
  ['P2034', 'commit'],
]

/**
 * The codes that Prisma gives to a driver's error in an operation. It rejects `$transaction` with the
 * driver's error itself if a COMMIT fails.
 * https://github.com/prisma/prisma/blob/main/packages/client-engine-runtime/src/user-facing-error.ts
 */
const codes: Readonly<Record<string, string>> = {
  AuthenticationFailed: 'P1000',
  DatabaseNotReachable: 'P1001',
  DatabaseDoesNotExist: 'P1003',
  SocketTimeout: 'P1008',
  DatabaseAccessDenied: 'P1010',
  TlsConnectionError: 'P1011',
  ConnectionClosed: 'P1017',
  TransactionAlreadyClosed: 'P1018',
  UniqueConstraintViolation: 'P2002',
  ForeignKeyConstraintViolation: 'P2003',
  RestrictViolation: 'P2003',
  InvalidIsolationLevel: 'P2023',
  TransactionWriteConflict: 'P2034',
  GenericJs: 'P2036',
  TooManyConnections: 'P2037',
  postgres: 'P2039',
  mysql: 'P2039',
  sqlite: 'P2039',
  mssql: 'P2039',
}

/** The `code` label of a failed transaction. */
export function transactionErrorCode(error: unknown): string {
  const code = errorCode(error)
  if (code !== 'unknown') return code
  const kind = causingDriverError(error)?.kind
  return (kind === undefined ? undefined : codes[kind]) ?? code
}
