import type { OperationCall } from '../../database/operations/operation.ts'
import { isPlain } from '../../support/structure.ts'

const mergedOperations: ReadonlySet<string> = new Set(['findUnique', 'findUniqueOrThrow'])

/**
 * True for a call that Prisma collects with those of the same shape in the same tick, to make one
 * SELECT of them: a `findUnique` by equality alone. A compound key is known by its name, which is that
 * of its fields with `_` between, unless the schema gives it another.
 */
export function isMergedInTick({ operation, args }: OperationCall): boolean {
  if (!mergedOperations.has(operation) || !isPlain(args)) return false
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

/** The same for the fields of a compound key in any order. */
function sortedWords(name: string): string {
  return name.split('_').toSorted().join('_')
}

/** Calls of one shape, of which Prisma may merge those of one tick. */
export class MergedCalls {
  #tick: number | undefined
  /** What those of the tick select, values included, while all of them select the same. */
  #selection: string | undefined
  /** Those of the tick that were merged with its first. */
  #merged = 0

  /**
   * How many statements a call adds.
   *
   * @param tick undefined for one that is not merged
   */
  add(call: OperationCall, tick: number | undefined): number {
    // An array is sent as a whole, and merged only where it has nothing else.
    if (tick === undefined || call.inArray) return 1
    const selection = selectionOf(call)
    if (tick !== this.#tick) {
      this.#tick = tick
      this.#selection = selection
      this.#merged = 0
      return 1
    }
    if (selection === this.#selection) {
      this.#merged += 1
      return 0
    }
    // One that selects otherwise, and Prisma sends each by itself.
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
