import { AcquireWait, acquiringFor } from '../../database/pool/acquire-wait.ts'
import { poolOf } from '../../database/pool/pool-of.ts'
import { asRecordedCall } from '../../database/pool/recorded-calls.ts'
import { TransactionRecorder } from '../../database/statements/transaction-recorder.ts'
import type { SqlDriverAdapter, SqlQuery, SqlResultSet, Transaction } from '../driver-adapter.ts'
import { ForwardingClasses } from '../wrap.ts'
import type { CallWatch, StatementContext } from './call-watch.ts'
import { settledWait } from './connection-wait.ts'
import { instrumentedTransactions } from './instrumented-transaction.ts'
import { ExecuteCall, QueryCall } from './statement-call.ts'

/** Records the statements and transactions of an adapter. */
class InstrumentedAdapter implements SqlDriverAdapter {
  readonly #original: SqlDriverAdapter
  readonly #watch: CallWatch
  readonly #release: (() => void) | undefined
  readonly #decider: SqlDriverAdapter | undefined
  readonly #open = new Set<TransactionRecorder>()
  readonly #context: StatementContext
  declare readonly provider: string
  declare readonly adapterName: string

  /** @param decides true if the database is asked about a COMMIT without an answer. */
  constructor(
    original: SqlDriverAdapter,
    watch: CallWatch,
    release: (() => void) | undefined,
    decides: boolean,
  ) {
    this.#original = original
    this.#watch = watch
    this.#release = release
    this.#decider = decides ? original : undefined
    const pool = watch.guard(() => poolOf(original.underlyingDriver?.()))
    this.#context = { transaction: undefined, showsWaits: pool?.showsWaits === true }
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
    return watch.observed(new ExecuteCall(watch, this.#original, query, this.#context))
  }

  async startTransaction(...args: [isolationLevel?: unknown]): Promise<Transaction> {
    const watch = this.#watch
    const { waits, openings } = watch.layer
    const started = performance.now()
    const opening = watch.guard(() => openings.opening(this.#context.showsWaits))
    const waiter = opening?.waiter
    const wait = new AcquireWait()
    const call = (): Promise<Transaction> => this.#original.startTransaction(...args)
    let transaction
    try {
      transaction = await asRecordedCall(
        waiter === undefined ? call : () => acquiringFor(wait, call),
      )
    } catch (error) {
      watch.callFailed(error)
      throw error
    } finally {
      watch.guard(() => {
        watch.recorder.waited(started)
        if (waiter !== undefined) settledWait(waits, waiter, wait, started)
      })
    }
    const open = this.#open
    const onEnd = (ended: TransactionRecorder): boolean => open.delete(ended)
    const record = watch.guard(() => {
      const held = opening && openings.begun(opening)
      return new TransactionRecorder(watch.recorder, onEnd, held, opening?.opener)
    })
    if (record === undefined) return transaction
    open.add(record)
    const Instrumented = instrumentedTransactions.of(transaction)
    return new Instrumented(transaction, watch, record, this.#decider)
  }

  async dispose(): Promise<void> {
    try {
      await this.#original.dispose()
    } finally {
      for (const record of this.#open) this.#watch.guard(() => record.abandon())
      if (this.#release !== undefined) this.#watch.guard(this.#release)
    }
  }
}

export const instrumentedAdapters: ForwardingClasses<typeof InstrumentedAdapter> =
  new ForwardingClasses(InstrumentedAdapter, (wrapper) => InstrumentedAdapter.originalOf(wrapper))
