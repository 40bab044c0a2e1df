import type { TransactionRecorder } from '../../database/statements/transaction-recorder.ts'
import type { SqlDriverAdapter, SqlQuery, SqlResultSet, Transaction } from '../driver-adapter.ts'
import { ForwardingClasses } from '../wrap.ts'
import type { CallWatch, StatementContext } from './call-watch.ts'
import { ExecuteCall, QueryCall } from './statement-call.ts'
import { currentTransaction, outcomeOf } from './unknown-outcomes.ts'

/** Records the statements, savepoints and the end of a transaction. */
class InstrumentedTransaction implements Transaction {
  readonly #original: Transaction
  readonly #watch: CallWatch
  readonly #record: TransactionRecorder
  readonly #context: StatementContext
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
    // The wait for its connection was that of the transaction.
    this.#context = { transaction: record, showsWaits: false }
    this.#decider = decider
  }

  static originalOf(wrapper: object): object {
    return #original in wrapper ? wrapper.#original : wrapper
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const watch = this.#watch
    return watch.observed(new QueryCall(watch, this.#original, query, this.#context))
  }

  executeRaw(query: SqlQuery): Promise<number> {
    const watch = this.#watch
    const send = (): Promise<number> =>
      watch.observed(new ExecuteCall(watch, this.#original, query, this.#context))
    return this.#decider !== undefined && watch.isCommit(query.sql)
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
    return watch.observed({
      transaction: record,
      send: () => original[outcome](),
      succeeded: () => record.end(outcome),
      failed: (error) => record.endFailed(watch.classified(error)),
    })
  }

  #control(
    method: 'createSavepoint' | 'rollbackToSavepoint' | 'releaseSavepoint',
    control: 'savepoint' | 'rollback to' | 'release',
    savepoint: string,
  ): Promise<void> {
    const original = this.#original as Required<Transaction>
    const watch = this.#watch
    const record = this.#record
    return watch.observed({
      transaction: record,
      send: () => original[method](savepoint),
      succeeded: () => record.controlled({ control, savepoint }, performance.now()),
      failed: (error) => record.callFailed(watch.classified(error)),
    })
  }
}

export const instrumentedTransactions: ForwardingClasses<typeof InstrumentedTransaction> =
  new ForwardingClasses(InstrumentedTransaction, (wrapper) =>
    InstrumentedTransaction.originalOf(wrapper),
  )
