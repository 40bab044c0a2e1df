import { kindOfMessage, kindOfState } from '../../database/statements/connection-errors.ts'
import type { StatementError } from '../../database/statements/statement-error.ts'

// The kinds that the driver adapter of Prisma 7 uses for SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
const kinds: Readonly<Record<string, string>> = {
  '22001': 'LengthMismatch',
  '22003': 'ValueOutOfRange',
  '22P02': 'InvalidInputValue',
  '23001': 'RestrictViolation',
  '23502': 'NullConstraintViolation',
  '23503': 'ForeignKeyConstraintViolation',
  '23505': 'UniqueConstraintViolation',
  '28000': 'DatabaseAccessDenied',
  '28P01': 'AuthenticationFailed',
  '3D000': 'DatabaseDoesNotExist',
  '40001': 'TransactionWriteConflict',
  '40P01': 'TransactionWriteConflict',
  '42703': 'ColumnNotFound',
  '42P01': 'TableDoesNotExist',
  '42P04': 'DatabaseAlreadyExists',
  '53300': 'TooManyConnections',
}

const socketKinds: Readonly<Record<string, string>> = {
  ENOTFOUND: 'DatabaseNotReachable',
  ECONNREFUSED: 'DatabaseNotReachable',
  ECONNRESET: 'ConnectionClosed',
  ETIMEDOUT: 'SocketTimeout',
}

/** Classifies an error of `pg`. */
export function pgError(error: unknown): StatementError {
  const { code, severity, message } = (error ?? {}) as Partial<Record<string, unknown>>
  const state = typeof code === 'string' ? code : ''
  const answered = typeof severity === 'string'
  return {
    kind: answered
      ? (kinds[state] ?? kindOfState(state) ?? 'postgres')
      : (socketKinds[state] ?? kindOf(message)),
    // Postgres reports the outcome of the transaction in its answer to COMMIT.
    aborts: false,
    ends: false,
    answerLost: answered ? severity === 'FATAL' || severity === 'PANIC' : !isUnsent(message),
  }
}

function kindOf(message: unknown): string {
  if (typeof message !== 'string') return 'GenericJs'
  return kindOfMessage(message) ?? (message.includes('timeout') ? 'SocketTimeout' : 'GenericJs')
}

// Errors of pg itself for a connection that is known to be closed.
function isUnsent(message: unknown): boolean {
  return typeof message === 'string' && /is not queryable$|was closed$/.test(message)
}
