// A structure ignores everything below this depth and after this many elements.
export const maxDepth = 12
export const maxElements = 20

/** Returns the structure of a value without the values in it: `{ where: { id: ? } }`. */
export function structure(value: unknown, depth = 0): string {
  if (Array.isArray(value)) return elements(value, depth)
  if (!isPlain(value)) return '?'
  if (depth === maxDepth) return '{ … }'
  let fields = ''
  for (const key in value) {
    const field = value[key]
    // Prisma treats an undefined field as absent.
    if (field === undefined) continue
    fields += `${fields === '' ? '' : ', '}${nameOf(key)}: ${structure(field, depth + 1)}`
  }
  return fields === '' ? '{}' : `{ ${fields} }`
}

/** Writes a list of any length as the set of its elements' structures. */
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

/** True for an object literal: dates, decimals and bytes are values of Prisma. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
