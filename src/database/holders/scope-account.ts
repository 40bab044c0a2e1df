import type { Counter } from '../../metrics/counter.ts'
import type { Instruments } from '../../metrics/instruments.ts'

/** The counters that the seconds of one scope are added to. */
export type ScopeSeconds = 'wait' | 'transaction' | 'transactionIdle' | 'blocked'

const kinds: readonly ScopeSeconds[] = ['wait', 'transaction', 'transactionIdle', 'blocked']

/** The scope of work outside all scopes. */
export const noScope = '$none'
/** The scope of work that Prisma does for several callers, or for a caller that it does not show. */
export const sharedScope = '$shared'
/** The scope of a request that is not counted yet, in reports that cannot wait for its name. */
export const unknownScope = '$unknown'

/** A scope with the name that it has so far; undefined while it is not to be counted. */
export interface NamedScope {
  readonly name: string | undefined
}

/** Makes accounts, and keeps the counters of each scope. */
export class ScopeAccounts {
  readonly none: ScopeAccount
  readonly shared: ScopeAccount
  readonly #instruments: Instruments
  readonly #maxSeries: number
  readonly #counters = new Map<string, Partial<Record<ScopeSeconds, Counter>>>()

  constructor(instruments: Instruments, maxSeries: number) {
    this.#instruments = instruments
    this.#maxSeries = maxSeries
    this.none = this.open({ name: noScope }, true)
    this.shared = this.open({ name: sharedScope }, true)
  }

  /** @param settled true if the name of the scope does not change any more. */
  open(scope: NamedScope, settled: boolean): ScopeAccount {
    return new ScopeAccount(this, scope, settled)
  }

  /** A series is created when its first seconds are added. */
  add(scope: string, kind: ScopeSeconds, seconds: number): void {
    let counters = this.#counters.get(scope)
    if (counters === undefined) {
      counters = {}
      if (this.#counters.size < this.#maxSeries) this.#counters.set(scope, counters)
    }
    counters[kind] ??= this.#create(scope, kind)
    counters[kind].inc(seconds)
  }

  #create(scope: string, kind: ScopeSeconds): Counter {
    const { scopeWait, scopeTransaction, scopeTransactionIdle, scopeBlocked } = this.#instruments
    const instruments = {
      wait: scopeWait,
      transaction: scopeTransaction,
      transactionIdle: scopeTransactionIdle,
      blocked: scopeBlocked,
    }
    return instruments[kind].with(scope)
  }
}

/**
 * Collects the seconds of one run of a scope. A request is named when its route is matched, so its seconds
 * wait for {@link flush} or {@link settle}.
 */
export class ScopeAccount {
  readonly #accounts: ScopeAccounts
  readonly #scope: NamedScope
  #settled: boolean
  #pending: Partial<Record<ScopeSeconds, number>> | undefined

  constructor(accounts: ScopeAccounts, scope: NamedScope, settled: boolean) {
    this.#accounts = accounts
    this.#scope = scope
    this.#settled = settled
  }

  /** The name that the scope has so far. */
  get name(): string | undefined {
    return this.#scope.name
  }

  add(kind: ScopeSeconds, seconds: number): void {
    const name = this.#settled ? this.name : undefined
    if (name !== undefined) return this.#accounts.add(name, kind, seconds)
    this.#pending ??= {}
    this.#pending[kind] = (this.#pending[kind] ?? 0) + seconds
  }

  /** Adds the collected seconds to the counters of the name that the scope has so far. */
  flush(): void {
    const pending = this.#pending
    const name = pending === undefined ? undefined : this.name
    if (pending === undefined || name === undefined) return
    this.#pending = undefined
    for (const kind of kinds) {
      const seconds = pending[kind]
      if (seconds !== undefined) this.#accounts.add(name, kind, seconds)
    }
  }

  /** Follows the final naming of the scope. Seconds of work that outlives the scope are added at once. */
  settle(): void {
    this.#settled = true
    this.flush()
  }
}
