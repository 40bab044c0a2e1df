import type { OperationCall } from '../../database/operations/operation.ts'
import { isPlain, maxDepth, maxElements } from '../../support/structure.ts'
import { sqlFingerprint } from './sql-fingerprint.ts'

type Token = string | Fingerprint

/** A node for one structure of arguments: calls that differ only in values share it. */
export class Fingerprint {
  readonly #next = new Map<Token, Fingerprint>()

  /** @param make creates a missing node. */
  to(token: Token, make: () => Fingerprint): Fingerprint {
    let node = this.#next.get(token)
    if (node === undefined) {
      node = make()
      if (node !== unknown) this.#next.set(token, node)
    }
    return node
  }
}

/** The end of every path that is missing in a full tree. */
const unknown = new Fingerprint()

// The keys of JSON values are data, so a tree could grow endlessly. A tally keeps its tree until it ends.
const renewedAt = 1000
const fullAt = 10_000

/**
 * The argument structures of one operation. Looking up a call walks existing names and builds no text.
 */
export class FingerprintTree {
  readonly #root = new Fingerprint()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Returns undefined for a new structure if the tree is full. */
  of(call: OperationCall): Fingerprint | undefined {
    const text =
      call.fingerprint?.() ?? (call.model === undefined ? sqlFingerprint(call) : undefined)
    const node =
      text === undefined ? this.#walk(this.#root, call.args, 0) : this.#root.to(text, this.#make)
    return node === unknown ? undefined : node
  }

  readonly #make = (): Fingerprint => {
    if (this.#size >= fullAt) return unknown
    this.#size += 1
    return new Fingerprint()
  }

  #walk(from: Fingerprint, value: unknown, depth: number): Fingerprint {
    if (Array.isArray(value)) return this.#walkElements(from, value, depth)
    if (!isPlain(value)) return from
    let at = from.to('{', this.#make)
    if (depth === maxDepth) return at
    for (const key in value) {
      const field = value[key]
      if (field === undefined) continue
      at = at.to(key, this.#make)
      if (typeof field === 'object') at = this.#walk(at, field, depth + 1)
    }
    return at.to('}', this.#make)
  }

  #walkElements(from: Fingerprint, values: readonly unknown[], depth: number): Fingerprint {
    let at = from.to('[', this.#make)
    if (depth === maxDepth) return at
    const different: Fingerprint[] = []
    for (let index = 0; index < values.length && index < maxElements; index++) {
      const element = this.#walk(this.#root, values[index], depth + 1)
      if (!different.includes(element)) different.push(element)
    }
    for (const element of different) at = at.to(element, this.#make)
    return at.to(']', this.#make)
  }
}

/** The fingerprints of one operation. A tally compares only fingerprints of one tree. */
export class OperationFingerprints {
  #tree = new FingerprintTree()

  /** The tree for a new tally. */
  get tree(): FingerprintTree {
    if (this.#tree.size >= renewedAt) this.#tree = new FingerprintTree()
    return this.#tree
  }
}
