import { structure } from '../../support/structure.ts'

/** Methods whose strings are names of the contract, not values. */
const naming = new Set(['select', 'include', 'groupBy', 'distinct', 'distinctOn', 'variant'])
const longestSource = 200

/** One call of a chain such as `User.where(…).limit(…).all()`, with the calls before it. */
export class ChainedCall {
  readonly #before: ChainedCall | undefined
  readonly #method: string
  readonly args: readonly unknown[]

  constructor(before: ChainedCall | undefined, method: string, args: readonly unknown[]) {
    this.#before = before
    this.#method = method
    this.args = args
  }

  /** The name of the operation. */
  get operation(): string {
    return this.#grouped ? 'groupBy' : this.#method
  }

  get #grouped(): boolean {
    for (let at = this.#before; at !== undefined; at = at.#before)
      if (at.#method === 'groupBy') return true
    return false
  }

  /** The chain without the values in it: `where({ id: ? }).first()`. */
  get text(): string {
    const call = `${this.#method}(${this.args.map((argument) => this.#show(argument)).join(', ')})`
    return this.#before === undefined ? call : `${this.#before.text}.${call}`
  }

  #show(argument: unknown): string {
    // A constant of the program, so it contains no values of users.
    if (typeof argument === 'function')
      return String(argument).replaceAll(/\s+/g, ' ').slice(0, longestSource)
    if (typeof argument === 'string' && naming.has(this.#method)) return JSON.stringify(argument)
    return structure(argument)
  }
}
