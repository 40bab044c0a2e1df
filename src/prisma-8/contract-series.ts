import type { RowCounters } from '../database/statements/row-counters.ts'
import type { Instruments } from '../metrics/instruments.ts'
import type { LearnedModel } from './plans/contract-models.ts'
import type { Contract } from './plans/plan.ts'

/**
 * The series that a client has before its first operation: `prisma_client_info`, and the row counters of
 * its models. Without an instrumented pool there are no row counters, because a 0 would be wrong.
 */
export class ContractSeries {
  readonly #instruments: Instruments
  readonly #rows: RowCounters
  readonly #models = new Set<string>()
  #contract: Contract | undefined
  #hasStatements = false

  constructor(instruments: Instruments, rows: RowCounters) {
    this.#instruments = instruments
    this.#rows = rows
  }

  /** The contract of the client; undefined before its first use. */
  get contract(): Contract | undefined {
    return this.#contract
  }

  learned(contract: Contract, models: readonly LearnedModel[]): void {
    this.#contract = contract
    for (const { label, shared } of models) if (!shared) this.#models.add(label)
    this.#expose()
  }

  /** Must be called when a driver is instrumented: rows are counted from its statements. */
  statementsObserved(): void {
    this.#hasStatements = true
    this.#expose()
  }

  #expose(): void {
    if (this.#hasStatements) for (const model of this.#models) this.#rows.ofModel(model)
    if (this.#contract === undefined) return
    const { target = 'unknown' } = this.#contract
    const { clientInfo } = this.#instruments
    const labels = [
      '8',
      target === 'postgres' ? 'postgresql' : target,
      `@prisma/orm-${target}`,
    ] as const
    if (this.#hasStatements) clientInfo.remove(...labels, 'none')
    clientInfo.with(...labels, this.#hasStatements ? 'statements' : 'none').set(1)
  }
}
