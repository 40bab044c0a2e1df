import type { ExecutedStatement, OperationCall } from '../../database/operations/operation.ts'
import { structure } from '../../support/structure.ts'
import { sqlFingerprint, sqlTextFingerprint } from './sql-fingerprint.ts'

const maxLength = 1000

/**
 * Returns the structure of an operation's arguments without their values: `{ where: { id: ? } }`. Two
 * calls of one line of code have the same fingerprint. For raw operations: the SQL without its literals.
 */
export function fingerprintOf(call: OperationCall): string {
  const text =
    call.fingerprint?.() ?? (call.model === undefined ? sqlFingerprint(call) : structure(call.args))
  return shortened(text)
}

/** Returns the statements of an operation without the literals of their texts; undefined if unknown. */
export function reportedStatements(call: OperationCall): readonly ExecutedStatement[] | undefined {
  return call.statements?.()?.map(({ sql, count, seconds, rows }) => ({
    sql: shortened(sqlTextFingerprint(sql, call)),
    count,
    seconds,
    rows,
  }))
}

function shortened(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}
