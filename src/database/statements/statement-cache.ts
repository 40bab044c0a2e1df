// Limits of the memory, and of the search among texts of one length.
const generationSize = 500
const longestText = 4096
const sameLength = 16

interface Entry<V> {
  readonly text: string
  readonly value: V
}

/**
 * A cache by SQL text. Prisma's texts vary with the number of parameters, so the cache has two
 * generations of bounded size: texts in use stay, others are dropped.
 *
 * Prisma builds a new string for each statement, and hashing a string costs more than comparing it
 * with the one or two cached texts of its length. So the length is the key.
 */
export class StatementCache<V> {
  #young = new Map<number, Entry<V>[]>()
  #old = new Map<number, Entry<V>[]>()
  #size = 0

  get(text: string): V | undefined {
    const known = find(this.#young, text)
    if (known !== undefined) return known
    const aged = find(this.#old, text)
    if (aged !== undefined) this.set(text, aged)
    return aged
  }

  set(text: string, value: V): void {
    if (text.length > longestText) return
    if (this.#size >= generationSize) {
      this.#old = this.#young
      this.#young = new Map()
      this.#size = 0
    }
    const entries = this.#young.get(text.length)
    if (entries === undefined) this.#young.set(text.length, [{ text, value }])
    else if (entries.push({ text, value }) > sameLength) entries.shift()
    this.#size += 1
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#size = 0
  }
}

function find<V>(generation: Map<number, Entry<V>[]>, text: string): V | undefined {
  const entries = generation.get(text.length)
  if (entries === undefined) return undefined
  for (const entry of entries) if (entry.text === text) return entry.value
  return undefined
}
