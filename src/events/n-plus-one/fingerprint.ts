import type { OperationCall } from '../../database/operations/operation.ts'
import { sqlShape } from './sql-fingerprint.ts'

// Where an argument is deeper or longer, what is beyond does not count.
export const maxDepth = 12
export const maxElements = 20
const maxLength = 1000

/**
 * The structure of an operation's arguments without their values: `{ where: { id: ? } }`. Two calls
 * of one line of code have the same shape. For raw operations: the SQL without its literals.
 */
export function shapeOf({ model, operation, args }: OperationCall): string {
  const shape = model === undefined ? sqlShape(operation, args) : structure(args, 0)
  return shape.length > maxLength ? `${shape.slice(0, maxLength)}…` : shape
}

function structure(value: unknown, depth: number): string {
  if (Array.isArray(value)) return elements(value, depth)
  if (!isPlain(value)) return '?'
  if (depth === maxDepth) return '{ … }'
  let fields = ''
  for (const key in value) {
    const field = value[key]
    // Prisma takes what is undefined as not given.
    if (field === undefined) continue
    fields += `${fields === '' ? '' : ', '}${nameOf(key)}: ${structure(field, depth + 1)}`
  }
  return fields === '' ? '{}' : `{ ${fields} }`
}

/** A list of any length is one structure: of each different element, one. */
function elements(values: readonly unknown[], depth: number): string {
  if (depth === maxDepth) return '[…]'
  const different = new Set<string>()
  for (const value of values.slice(0, maxElements)) different.add(structure(value, depth + 1))
  return `[${[...different].join(', ')}]`
}

// The keys of a JSON value are the user's data; those of Prisma's arguments are names.
function nameOf(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]{0,62}$/u.test(key) ? key : '?'
}

/** True for what may hold arguments: Prisma's values (dates, decimals, bytes) are none of these. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
