import type { OperationCall } from '../prisma/operation-observer.ts'
import { isPlain, maxDepth, maxElements } from './shape.ts'
import { sqlShape } from './sql-shape.ts'

type Token = string | Shape

/** Stands for one structure of arguments: calls that differ in values only end at the same node. */
export class Shape {
  readonly #next = new Map<Token, Shape>()

  /** @param made told of each node that was not there yet. */
  to(token: Token, made: () => void): Shape {
    let node = this.#next.get(token)
    if (node === undefined) {
      this.#next.set(token, (node = new Shape()))
      made()
    }
    return node
  }
}

// Keys of JSON values are data and could be anything: a tree that has grown beyond this starts anew.
const maxNodes = 1000

/**
 * The structures that the arguments of one operation have had. Finding that of a call is a walk over
 * names that are there already, and makes no text.
 */
export class ShapeTree {
  #root = new Shape()
  #size = 0

  of({ model, operation, args }: OperationCall): Shape {
    if (this.#size > maxNodes) {
      this.#root = new Shape()
      this.#size = 0
    }
    if (model === undefined) return this.#root.to(sqlShape(operation, args), this.#made)
    return this.#walk(this.#root, args, 0)
  }

  readonly #made = (): void => {
    this.#size += 1
  }

  #walk(from: Shape, value: unknown, depth: number): Shape {
    if (Array.isArray(value)) return this.#walkElements(from, value, depth)
    if (!isPlain(value)) return from
    let at = from.to('{', this.#made)
    if (depth === maxDepth) return at
    for (const key in value) {
      const field = value[key]
      if (field === undefined) continue
      at = at.to(key, this.#made)
      if (typeof field === 'object') at = this.#walk(at, field, depth + 1)
    }
    return at.to('}', this.#made)
  }

  #walkElements(from: Shape, values: readonly unknown[], depth: number): Shape {
    let at = from.to('[', this.#made)
    if (depth === maxDepth) return at
    const different: Shape[] = []
    for (let index = 0; index < values.length && index < maxElements; index++) {
      const element = this.#walk(this.#root, values[index], depth + 1)
      if (!different.includes(element)) different.push(element)
    }
    for (const element of different) at = at.to(element, this.#made)
    return at.to(']', this.#made)
  }
}
