import type { TransactionRecorder } from '../../database/statements/transaction-recorder.ts'
import type { SqlQuery, SqlResultSet, Transaction } from '../driver-adapter.ts'
import { ForwardingClasses } from '../wrap.ts'
import type { CallWatch } from './call-watch.ts'

/** Records the statements, savepoints and the end of a transaction. */
class InstrumentedTransaction implements Transaction {
  readonly #original: Transaction
  readonly #watch: CallWatch
  readonly #record: TransactionRecorder
  declare readonly provider: string
  declare readonly adapterName: string

  constructor(original: Transaction, watch: CallWatch, record: TransactionRecorder) {
    this.#original = original
    this.#watch = watch
    this.#record = record
  }

  static originalOf(wrapper: object): object {
    return #original in wrapper ? wrapper.#original : wrapper
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#watch.queryRaw(this.#original, query, { transaction: this.#record })
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.#watch.executeRaw(this.#original, query, { transaction: this.#record })
  }

  commit(): Promise<void> {
    return this.#end('commit')
  }

  rollback(): Promise<void> {
    return this.#end('rollback')
  }

  createSavepoint(name: string): Promise<void> {
    return this.#control('createSavepoint', 'savepoint', name)
  }

  rollbackToSavepoint(name: string): Promise<void> {
    return this.#control('rollbackToSavepoint', 'rollback to', name)
  }

  releaseSavepoint(name: string): Promise<void> {
    return this.#control('releaseSavepoint', 'release', name)
  }

  #end(outcome: 'commit' | 'rollback'): Promise<void> {
    const original = this.#original
    const watch = this.#watch
    const record = this.#record
    record.ending(outcome)
    return watch.observed(
      () => original[outcome](),
      () => record.end(outcome),
      (error) => record.endFailed(watch.classified(error)),
      record,
    )
  }

  #control(
    method: 'createSavepoint' | 'rollbackToSavepoint' | 'releaseSavepoint',
    control: 'savepoint' | 'rollback to' | 'release',
    savepoint: string,
  ): Promise<void> {
    const original = this.#original as Required<Transaction>
    const watch = this.#watch
    const record = this.#record
    return watch.observed(
      () => original[method](savepoint),
      () => record.controlled({ control, savepoint }, performance.now()),
      (error) => record.callFailed(watch.classified(error)),
      record,
    )
  }
}

export const instrumentedTransactions: ForwardingClasses<typeof InstrumentedTransaction> =
  new ForwardingClasses(InstrumentedTransaction, (wrapper) =>
    InstrumentedTransaction.originalOf(wrapper),
  )
