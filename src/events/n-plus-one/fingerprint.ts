import type { OperationCall } from '../../database/operations/operation.ts'
import { structure } from '../../support/structure.ts'
import { sqlShape } from './sql-fingerprint.ts'

const maxLength = 1000

/**
 * The structure of an operation's arguments without their values: `{ where: { id: ? } }`. Two calls
 * of one line of code have the same shape. For raw operations: the SQL without its literals.
 */
export function shapeOf(call: OperationCall): string {
  const { model, operation, args } = call
  const shape =
    call.shape?.() ?? (model === undefined ? sqlShape(operation, args) : structure(args))
  return shape.length > maxLength ? `${shape.slice(0, maxLength)}…` : shape
}
