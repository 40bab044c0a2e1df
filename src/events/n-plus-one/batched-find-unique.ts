import type { OperationCall } from '../../database/operations/operation.ts'
import { isPlain } from '../../support/structure.ts'

const batchedOperations: ReadonlySet<string> = new Set(['findUnique', 'findUniqueOrThrow'])

/**
 * True for a call that Prisma merges with calls of the same fingerprint and batch window into one
 * SELECT: a `findUnique` by equality alone. A compound key is recognised by its name, which joins the
 * names of its fields with `_` unless the schema names it otherwise.
 */
export function isBatched({ operation, args }: OperationCall): boolean {
  if (!batchedOperations.has(operation) || !isPlain(args)) return false
  const { where } = args
  if (!isPlain(where)) return false
  for (const key in where) {
    const value = where[key]
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) return false
    if (isPlain(value) && !isEquality(key, value)) return false
  }
  return true
}

function isEquality(key: string, value: Record<string, unknown>): boolean {
  const name = Object.keys(value).join('_')
  return name === key || name === 'equals' || sortedWords(name) === sortedWords(key)
}

/** Returns the words of a compound key's name in one order, so that the order of its fields is ignored. */
function sortedWords(name: string): string {
  return name.split('_').toSorted().join('_')
}

/** Counts the statements of calls that share a fingerprint, which Prisma may merge per batch window. */
export class BatchedCalls {
  #window: number | undefined
  /** The selection of all calls of the window, values included; undefined once two calls differ. */
  #selection: string | undefined
  /** The calls of the window that were merged with its first. */
  #merged = 0

  /**
   * Returns the number of statements that a call adds.
   *
   * @param window undefined for a call that Prisma does not merge
   */
  add(call: OperationCall, window: number | undefined): number {
    // Prisma sends an array as a whole, and merges it only if it contains nothing else.
    if (window === undefined || call.inArray) return 1
    const selection = selectionOf(call)
    if (window !== this.#window) {
      this.#window = window
      this.#selection = selection
      this.#merged = 0
      return 1
    }
    if (selection === this.#selection) {
      this.#merged += 1
      return 0
    }
    // After one call with another selection, Prisma sends each call of the window separately.
    const unmerged = this.#merged
    this.#selection = undefined
    this.#merged = 0
    return unmerged + 1
  }
}

function selectionOf({ args }: OperationCall): string {
  const { select, include, omit } = args as Readonly<Record<string, unknown>>
  return JSON.stringify([select, include, omit], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}
