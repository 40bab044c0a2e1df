import type { OperationCall } from '../../database/operations/operation.ts'
import { isPlain, maxDepth, maxElements } from '../../support/structure.ts'
import { sqlShape } from './sql-fingerprint.ts'

type Token = string | Shape

/** Stands for one structure of arguments: calls that differ in values only end at the same node. */
export class Shape {
  readonly #next = new Map<Token, Shape>()

  /** @param make gives a node that was not there yet. */
  to(token: Token, make: () => Shape): Shape {
    let node = this.#next.get(token)
    if (node === undefined) {
      node = make()
      if (node !== unknown) this.#next.set(token, node)
    }
    return node
  }
}

/** Where the walk of a full tree ends that leads to no node. */
const unknown = new Shape()

// Keys of JSON values are data and could be anything. Who holds a tree may go on with it for a while.
const renewedAt = 1000
const fullAt = 10_000

/**
 * Structures that the arguments of one operation have had. Finding that of a call is a walk over names
 * that are there already, and makes no text.
 */
export class ShapeTree {
  readonly #root = new Shape()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Undefined for a structure that is not in it where it is full. */
  of(call: OperationCall): Shape | undefined {
    const { model, operation, args } = call
    const text = call.shape?.() ?? (model === undefined ? sqlShape(operation, args) : undefined)
    const shape =
      text === undefined ? this.#walk(this.#root, args, 0) : this.#root.to(text, this.#make)
    return shape === unknown ? undefined : shape
  }

  readonly #make = (): Shape => {
    if (this.#size >= fullAt) return unknown
    this.#size += 1
    return new Shape()
  }

  #walk(from: Shape, value: unknown, depth: number): Shape {
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

  #walkElements(from: Shape, values: readonly unknown[], depth: number): Shape {
    let at = from.to('[', this.#make)
    if (depth === maxDepth) return at
    const different: Shape[] = []
    for (let index = 0; index < values.length && index < maxElements; index++) {
      const element = this.#walk(this.#root, values[index], depth + 1)
      if (!different.includes(element)) different.push(element)
    }
    for (const element of different) at = at.to(element, this.#make)
    return at.to(']', this.#make)
  }
}

/** The structures of one operation: who compares some of them takes all from one tree. */
export class OperationShapes {
  #tree = new ShapeTree()

  /** The tree to begin with. */
  get tree(): ShapeTree {
    if (this.#tree.size >= renewedAt) this.#tree = new ShapeTree()
    return this.#tree
  }
}
