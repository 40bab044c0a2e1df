import type { StatementError } from '../../database/statements/statement-error.ts'

// The SQLSTATEs that Prisma gives to errors of SQLite, as the driver adapters of Prisma 7 name them.
const kinds: Readonly<Record<string, string>> = {
  '23502': 'NullConstraintViolation',
  '23503': 'ForeignKeyConstraintViolation',
  '23505': 'UniqueConstraintViolation',
}

/** Classifies what the driver of SQLite has rejected with. */
export function sqliteError(error: unknown): StatementError {
  const { sqlState, kind } = (error ?? {}) as Partial<Record<string, unknown>>
  const known = typeof sqlState === 'string' ? (kinds[sqlState] ?? 'sqlite') : undefined
  return {
    kind: known ?? (kind === 'sql_connection' ? 'SocketTimeout' : 'GenericJs'),
    aborts: false,
    ends: false,
    answerLost: false,
  }
}
