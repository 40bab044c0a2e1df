import type { ScopeAccounts } from '../../database/holders/scope-account.ts'
import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { ActiveScope } from './active-scope.ts'

/** The shortest time that counts as a block, in milliseconds. */
const shortestBlock = 20

/** The scope of code; undefined for code outside scopes. */
type Owner = ActiveScope | undefined

const settled = Promise.resolve()

/**
 * Measures how long code of a scope keeps the event loop, without interruption.
 *
 * A callback of the event loop and the microtasks that follow it run as one. Their scopes become known on
 * the way: one begins to run, an operation of one settles and its code continues. While one scope is known,
 * the time belongs to it; while several are, to the shared one.
 */
export class EventLoopBlocks {
  readonly #accounts: ScopeAccounts
  readonly #errorReporter: ErrorReporter
  /** The scopes that may run until the microtasks end; empty if none is known. */
  #owners: readonly Owner[] = []
  /** When these became the owners, by `performance.now()`. */
  #since = 0
  readonly #end = (): void => {
    if (this.#owners.length > 0) this.#change([])
  }

  constructor(accounts: ScopeAccounts, errorReporter: ErrorReporter) {
    this.#accounts = accounts
    this.#errorReporter = errorReporter
  }

  /** Runs `fn`, with which code of the scope begins. */
  run<R>(scope: ActiveScope, fn: () => R): R {
    const around = this.#owners
    this.#change([scope])
    // Before the microtasks of `fn`, and after the rest of the code around it.
    void settled.then(() => this.resume(scope))
    try {
      return fn()
    } finally {
      this.#change(around)
    }
  }

  /** Follows a microtask, after which code of the scope continues. */
  resume(scope: Owner): void {
    const owner = scope?.ended === true ? undefined : scope
    const owners = this.#owners
    if (owners.includes(owner)) return
    if (owners.length === 0) {
      // Unscoped code alone blocks no known scope.
      if (owner === undefined) return
      // After all microtasks, since this is one of them.
      process.nextTick(this.#end)
    }
    this.#change([...owners, owner])
  }

  /** Follows a call from code of the scope. If it was not known to run, it may have run for a while. */
  called(scope: Owner): void {
    if (this.#owners.length > 0 && !this.#owners.includes(scope))
      this.#owners = [...this.#owners, scope]
  }

  /** Follows the end of a scope, after which code of the scope around it continues. */
  ended(scope: ActiveScope, outer: Owner): void {
    if (this.#owners.includes(scope))
      this.#change(this.#owners.filter((owner) => owner !== scope && owner !== undefined))
    this.resume(outer)
  }

  #change(owners: readonly Owner[]): void {
    const now = performance.now()
    const milliseconds = now - this.#since
    if (milliseconds >= shortestBlock && this.#owners.length > 0) this.#count(milliseconds / 1000)
    this.#owners = owners
    this.#since = now
  }

  #count(seconds: number): void {
    const [owner, ...others] = this.#owners
    this.#errorReporter.guard(() => {
      const only = others.length === 0 ? owner?.account(this.#accounts) : undefined
      const account = only ?? this.#accounts.shared
      account.add('blocked', seconds)
    })
  }
}
