import type { StatementError } from '../../database/statements/statement-error.ts'

// SQLSTATEs as the driver adapter of Prisma 7 names them: https://www.postgresql.org/docs/current/errcodes-appendix.html
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

/** Classifies what `pg` has rejected with. */
export function pgError(error: unknown): StatementError {
  const { code, severity, message } = (error ?? {}) as Partial<Record<string, unknown>>
  const state = typeof code === 'string' ? code : ''
  const answered = typeof severity === 'string'
  return {
    kind: answered ? (kinds[state] ?? 'postgres') : (socketKinds[state] ?? kindOf(message)),
    // Postgres tells by itself what became of a transaction.
    aborts: false,
    ends: false,
    answerLost: answered ? severity === 'FATAL' || severity === 'PANIC' : !isUnsent(message),
  }
}

function kindOf(message: unknown): string {
  if (typeof message !== 'string') return 'GenericJs'
  if (message.startsWith('Connection terminated')) return 'ConnectionClosed'
  return message.includes('timeout') ? 'SocketTimeout' : 'GenericJs'
}

// What pg answers itself when it knows the connection to be dead.
function isUnsent(message: unknown): boolean {
  return typeof message === 'string' && /is not queryable$|was closed$/.test(message)
}
