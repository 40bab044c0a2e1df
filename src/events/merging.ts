import type { OperationCall } from '../prisma/operation-observer.ts'
import { isPlain } from './shape.ts'

const mergedOperations: ReadonlySet<string> = new Set(['findUnique', 'findUniqueOrThrow'])

/**
 * True for a call that Prisma merges with those of the same shape in the same tick into one SELECT:
 * a `findUnique` by equality alone. A compound key is known by its name, which is that of its fields
 * with `_` between, unless the schema gives it another.
 */
export function isMergedInTick({ operation, args }: OperationCall): boolean {
  if (!mergedOperations.has(operation) || !isPlain(args)) return false
  const { where } = args
  if (!isPlain(where)) return false
  for (const key in where) {
    const value = where[key]
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) return false
    if (isPlain(value) && Object.keys(value).join('_') !== key) return false
  }
  return true
}
