import type { TransactionRecorder } from '../../database/statements/transaction-recorder.ts'
import type { SqlDriverAdapter, SqlQuery, SqlResultSet, Transaction } from '../driver-adapter.ts'
import { ForwardingClasses } from '../wrap.ts'
import type { CallWatch } from './call-watch.ts'
import { currentTransaction, outcomeOf } from './unknown-outcomes.ts'

/** Records the statements, savepoints and the end of a transaction. */
class InstrumentedTransaction implements Transaction {
  readonly #original: Transaction
  readonly #watch: CallWatch
  readonly #record: TransactionRecorder
  readonly #decider: SqlDriverAdapter | undefined
  declare readonly provider: string
  declare readonly adapterName: string

  /** @param decider answers what became of a COMMIT whose own answer is lost. */
  constructor(
    original: Transaction,
    watch: CallWatch,
    record: TransactionRecorder,
    decider: SqlDriverAdapter | undefined,
  ) {
    this.#original = original
    this.#watch = watch
    this.#record = record
    this.#decider = decider
  }

  static originalOf(wrapper: object): object {
    return #original in wrapper ? wrapper.#original : wrapper
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#watch.queryRaw(this.#original, query, { transaction: this.#record })
  }

  executeRaw(query: SqlQuery): Promise<number> {
    const send = (): Promise<number> =>
      this.#watch.executeRaw(this.#original, query, { transaction: this.#record })
    return this.#decider !== undefined && this.#watch.isCommit(query.sql)
      ? this.#decidably(this.#decider, send)
      : send()
  }

  commit(): Promise<void> {
    const send = (): Promise<void> => this.#end('commit')
    return this.#decider !== undefined && this.#original.options?.usePhantomQuery !== false
      ? this.#decidably(this.#decider, send)
      : send()
  }

  async #decidably<T>(decider: SqlDriverAdapter, send: () => Promise<T>): Promise<T> {
    const transaction = await currentTransaction(this.#original)
    if (transaction !== undefined) {
      let outcome: ReturnType<typeof outcomeOf> | undefined
      this.#record.decide = (apply) => {
        outcome ??= outcomeOf(transaction, decider)
        void outcome.then((known) => this.#watch.guard(() => apply(known)))
      }
    }
    return send()
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
