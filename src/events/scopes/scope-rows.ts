import type { RowAction, StatementScope } from '../../database/statements/row-counters.ts'
import type { TransactionOutcome } from '../../database/statements/transaction-series.ts'
import type { Counter } from '../../metrics/counter.ts'
import type { Instruments } from '../../metrics/instruments.ts'

/** The scope of rows that several scopes may have written. No application can use this name. */
const sharedScope = '$shared'

/** The row counters of all scopes, by the name of the scope. */
export class ScopeRowCounters {
  readonly shared: StatementScope
  readonly #instruments: Instruments
  readonly #maxSeries: number
  readonly #scopes = new Map<string, StatementScope>()

  constructor(instruments: Instruments, maxSeries: number) {
    this.#instruments = instruments
    this.#maxSeries = maxSeries
    this.shared = this.of(sharedScope)
  }

  of(name: string): StatementScope {
    let scope = this.#scopes.get(name)
    if (scope === undefined) {
      scope = new NamedScopeRows(this.#instruments.scopeRows, name)
      if (this.#scopes.size < this.#maxSeries) this.#scopes.set(name, scope)
    }
    return scope
  }
}

/** Creates a series at the first row: most scopes write few kinds of rows. */
class NamedScopeRows implements StatementScope {
  readonly #rows: Instruments['scopeRows']
  readonly #name: string
  readonly #counters: Partial<Record<TransactionOutcome, Partial<Record<RowAction, Counter>>>> = {}

  constructor(rows: Instruments['scopeRows'], name: string) {
    this.#rows = rows
    this.#name = name
  }

  wrote(action: RowAction, outcome: TransactionOutcome, rows: number): void {
    if (rows === 0) return
    const counters = (this.#counters[outcome] ??= {})
    counters[action] ??= this.#rows.with(this.#name, action, outcome)
    counters[action].inc(rows)
  }
}

interface WrittenRows {
  readonly action: RowAction
  readonly outcome: TransactionOutcome
  rows: number
}

/** The rows of a scope whose name is not known yet: a request is named when its route is matched. */
export class UnnamedScopeRows implements StatementScope {
  readonly #written: WrittenRows[] = []

  wrote(action: RowAction, outcome: TransactionOutcome, rows: number): void {
    const known = this.#written.find((one) => one.action === action && one.outcome === outcome)
    if (known === undefined) this.#written.push({ action, outcome, rows })
    else known.rows += rows
  }

  moveTo(named: StatementScope): void {
    for (const { action, outcome, rows } of this.#written) named.wrote(action, outcome, rows)
    this.#written.length = 0
  }
}
