import { rawModel } from '../../database/statements/parsed-statements.ts'
import type { RowAction } from '../../database/statements/row-counters.ts'

const actions: Readonly<Record<string, RowAction>> = {
  create: 'insert',
  createMany: 'insert',
  createManyAndReturn: 'insert',
  update: 'update',
  updateMany: 'update',
  updateManyAndReturn: 'update',
  delete: 'delete',
  deleteMany: 'delete',
  upsert: 'upsert',
}

/** Returns the row action of an operation; undefined for reads and raw operations. */
export function rowActionOf(model: string, operation: string): RowAction | undefined {
  return model === rawModel ? undefined : actions[operation]
}

const countingOperations = new Set(['createMany', 'updateMany', 'deleteMany'])

/** Returns the number of rows that a writing operation wrote, from its result. */
export function rowsOfResult(operation: string, result: unknown): number {
  if (!countingOperations.has(operation)) {
    // An operation on one row can also return a list: that of a relation, as in `update(…).posts()`.
    return operation.endsWith('AndReturn') && Array.isArray(result) ? result.length : 1
  }
  // Another extension may have replaced the result.
  const { count } = (result ?? {}) as { count?: unknown }
  return typeof count === 'number' ? count : 0
}
