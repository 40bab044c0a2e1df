import type { ScopeAccount, ScopeAccounts } from '../../database/holders/scope-account.ts'
import type { OperationCall } from '../../database/operations/operation.ts'
import type { RowAction, StatementScope } from '../../database/statements/row-counters.ts'
import type { TransactionOutcome } from '../../database/statements/transaction-series.ts'
import type { OpenRequest } from '../../metrics/scope-trackers.ts'
import type { CallTally, CountedCall } from '../n-plus-one/call-tally.ts'
import type { OperationFingerprints } from '../n-plus-one/fingerprint-tree.ts'
import { UnnamedScopeRows } from './scope-rows.ts'

/** A scope that has not ended, and its measurements so far. */
export class ActiveScope implements StatementScope {
  readonly started: number
  operations = 0
  databaseSeconds = 0
  /** Committed rows so far. */
  rows = 0
  /** Operations of arrays that the scope has started and that have not settled. */
  arrayOperations = 0
  /** True for a stream of events, which may repeat its operations. */
  isStream = false
  /** Undefined if N+1 detection is off, and after the end. */
  tally: CallTally | undefined
  /** The request in which the scope began, or which it measures. */
  readonly request: OpenRequest | undefined
  #rows: StatementScope | undefined
  /** Created when the first transaction begins. */
  #account: ScopeAccount | undefined
  #nameNow: (() => string | undefined) | undefined
  #outer: ActiveScope | undefined
  #isNamed = false
  #ended = false

  /**
   * @param outer the scope around this one: operations and seconds count in both.
   * @param nameNow returns the name that the scope has so far; undefined while it is not to be counted.
   * Omitted for a scope that is not recorded.
   * @param started by `performance.now()`.
   */
  constructor(
    outer: ActiveScope | undefined,
    tally: CallTally | undefined,
    nameNow: (() => string | undefined) | undefined,
    request: OpenRequest | undefined,
    started: number = performance.now(),
  ) {
    this.#outer = outer
    this.tally = tally
    this.#nameNow = nameNow
    this.request = request
    this.started = started
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The name that the scope has so far. */
  get name(): string | undefined {
    return this.#nameNow?.()
  }

  /** Gives the scope its final name, and counts its rows in `rows`, earlier ones included. */
  named(name: string, rows: StatementScope): void {
    this.#nameNow = () => name
    if (this.#rows instanceof UnnamedScopeRows) this.#rows.moveTo(rows)
    this.#rows = rows
    this.#isNamed = true
    this.#account?.settle()
  }

  /** The account of the innermost scope that is recorded. */
  account(accounts: ScopeAccounts): ScopeAccount {
    if (this.#nameNow === undefined) return this.#outer?.account(accounts) ?? accounts.none
    return (this.#account ??= accounts.open(this, this.#isNamed))
  }

  /** Counts rows in this scope and in no other, also after its end: a transaction can outlive it. */
  wrote(action: RowAction, outcome: TransactionOutcome, rows: number): void {
    if (outcome === 'commit') this.rows += rows
    this.#rows ??= new UnnamedScopeRows()
    this.#rows.wrote(action, outcome, rows)
  }

  /** Returns the call as its tally counts it; undefined if N+1 detection is off. */
  operationStarted(
    call: OperationCall,
    fingerprints: OperationFingerprints,
  ): CountedCall | undefined {
    const { tally } = this
    this.#counted()
    if (tally === undefined) return undefined
    const counted = tally.counted(call)
    tally.count(fingerprints, counted)
    return counted
  }

  operationSettled(seconds: number): void {
    if (this.#ended) return
    this.databaseSeconds += seconds
    this.#outer?.operationSettled(seconds)
  }

  /** Ends the scope: operations that follow in its async context belong to no scope. */
  end(): void {
    this.#ended = true
    this.#outer = undefined
    this.tally = undefined
  }

  #counted(): void {
    if (this.#ended) return
    this.operations += 1
    if (this.#outer !== undefined) this.#outer.#counted()
  }
}
