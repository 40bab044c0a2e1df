import {
  isTransactional,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlQueryable,
  type SqlResultSet,
  type Transaction,
} from './driver-adapter.ts'
import { defaultSchema } from './default-schema.ts'
import { statementError } from './driver-error.ts'
import { ForwardingClasses, wrap } from './wrap.ts'
import {
  isInstrumentedBy,
  type Instrumentation,
  instrumentedByKey,
  instrumentationsOf,
} from '../database/instrumented-by.ts'
import type { HeldTransaction } from '../database/holders/held-transaction.ts'
import type { ParsedStatement } from '../database/statements/parsed-statements.ts'
import type { StatementError } from '../database/statements/statement-error.ts'
import { asRecordedCall } from '../database/pool/recorded-calls.ts'
import {
  StatementRecorder,
  type StatementSinks,
} from '../database/statements/statement-recorder.ts'
import {
  type TransactionOpener,
  TransactionRecorder,
} from '../database/statements/transaction-recorder.ts'

/** The recorders of the statement layer. */
export interface StatementLayer extends StatementSinks {
  /**
   * Called with each adapter that connects and its instrumented factory; returns the function to call
   * when the adapter is disposed.
   */
  connected(adapter: SqlDriverAdapter, factory: SqlDriverAdapterFactory): () => void
  /** Called in the context of the code whose transaction has begun; undefined if it is suppressed. */
  readonly transactionBegun: () => HeldTransaction | undefined
  /** True if the running code is the call of an interactive transaction, which sends BEGIN. */
  beginsInteractive(): boolean
}

/**
 * Wraps a factory, so that its adapters record every statement, row and transaction.
 *
 * @throws {Error} if the factory is instrumented for another `client` label of the same registry.
 */
export function instrumentFactory<F extends SqlDriverAdapterFactory>(
  factory: F,
  layer: StatementLayer,
  instrumentation: Instrumentation,
): F {
  const present = instrumentationsOf(factory)
  if (isInstrumentedBy('metrics.adapter(factory): the factory', present, instrumentation))
    return factory
  const { provider, adapterName } = factory
  const database = { provider, transactional: isTransactional(adapterName) }
  const watch = new Watch(new StatementRecorder(layer, database), layer)
  const replaced: Partial<SqlDriverAdapterFactory> = {
    [instrumentedByKey]: [...present, instrumentation],
    async connect() {
      let adapter: SqlDriverAdapter
      try {
        adapter = await factory.connect()
      } catch (error) {
        watch.callFailed(error)
        throw error
      }
      const { statements } = watch.recorder
      watch.guard(() => statements.useDefaultSchema(defaultSchema(adapter)))
      if (provider === 'mysql' && (await ignoresCase(adapter))) statements.ignoreCase()
      const release = watch.guard(() => layer.connected(adapter, instrumented))
      const Instrumented = instrumentedAdapters.of(adapter)
      return new Instrumented(adapter, watch, release)
    },
  }
  const instrumented = wrap<F>(factory, replaced as Partial<F>)
  return instrumented
}

/** Reads MySQL's `lower_case_table_names`. If that fails, names are compared exactly. */
async function ignoresCase(adapter: SqlDriverAdapter): Promise<boolean> {
  const sql = 'SELECT @@lower_case_table_names'
  try {
    const { rows } = await adapter.queryRaw({ sql, args: [], argTypes: [] })
    return Number(rows[0]?.[0] ?? 0) !== 0
  } catch {
    return false
  }
}

/** Watches the calls of one factory's adapters. */
class Watch {
  readonly recorder: StatementRecorder
  readonly #layer: StatementLayer

  constructor(recorder: StatementRecorder, layer: StatementLayer) {
    this.recorder = recorder
    this.#layer = layer
  }

  guard<T>(record: () => T): T | undefined {
    return this.#layer.errorReporter.guard(record)
  }

  transactionBegun(): HeldTransaction | undefined {
    return this.#layer.transactionBegun()
  }

  /** The code that sends a BEGIN; undefined unless its scope is known for certain. */
  opener(): TransactionOpener | undefined {
    return this.guard(() =>
      this.#layer.beginsInteractive() ? { scope: this.recorder.scopes.ofCaller() } : undefined,
    )
  }

  classified(error: unknown): StatementError {
    return statementError(this.recorder.database.provider, error)
  }

  callFailed(error: unknown): void {
    this.guard(() => this.recorder.countError(this.classified(error)))
  }

  queryRaw(
    target: SqlQueryable,
    query: SqlQuery,
    transaction?: TransactionRecorder,
  ): Promise<SqlResultSet> {
    const { sql } = query
    const started = performance.now()
    const { recorder } = this
    const scope = this.guard(() => recorder.scopes.ofStatement())
    return this.observed(
      () => target.queryRaw(query),
      (result) => {
        const statement = recorder.statements.of(sql)
        const rows = writtenRows(statement, result)
        recorder.succeeded(statement, started, rows, scope, transaction)
      },
      (error) =>
        recorder.failed(recorder.statements.of(sql), started, this.classified(error), transaction),
      transaction,
    )
  }

  executeRaw(
    target: SqlQueryable,
    query: SqlQuery,
    transaction?: TransactionRecorder,
  ): Promise<number> {
    const { sql } = query
    const started = performance.now()
    const { recorder } = this
    const scope = this.guard(() => recorder.scopes.ofStatement())
    return this.observed(
      () => target.executeRaw(query),
      (affected) =>
        recorder.succeeded(recorder.statements.of(sql), started, affected, scope, transaction),
      (error) =>
        recorder.failed(recorder.statements.of(sql), started, this.classified(error), transaction),
      transaction,
    )
  }

  /**
   * Returns the promise that `call` returns, with a listener attached before any other, so its waiters
   * continue in the same tick as without instrumentation.
   *
   * @param transaction the transaction that is not idle until the call settles.
   */
  observed<T>(
    call: () => Promise<T>,
    succeeded: (value: T) => void,
    failed: (error: unknown) => void,
    transaction?: TransactionRecorder,
  ): Promise<T> {
    const held = transaction?.held
    held?.statementSent()
    let answer
    try {
      answer = asRecordedCall(call)
    } catch (error) {
      held?.statementSettled()
      this.guard(() => failed(error))
      throw error
    }
    void Promise.resolve(answer).then(
      (value) => {
        held?.statementSettled()
        this.guard(() => succeeded(value))
      },
      (error: unknown) => {
        held?.statementSettled()
        this.guard(() => failed(error))
      },
    )
    return answer
  }
}

class InstrumentedAdapter implements SqlDriverAdapter {
  readonly #original: SqlDriverAdapter
  readonly #watch: Watch
  readonly #release: (() => void) | undefined
  readonly #open = new Set<TransactionRecorder>()
  declare readonly provider: string
  declare readonly adapterName: string

  constructor(original: SqlDriverAdapter, watch: Watch, release: (() => void) | undefined) {
    this.#original = original
    this.#watch = watch
    this.#release = release
  }

  static originalOf(wrapper: object): object {
    return #original in wrapper ? wrapper.#original : wrapper
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#watch.queryRaw(this.#original, query)
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.#watch.executeRaw(this.#original, query)
  }

  async startTransaction(...args: [isolationLevel?: unknown]): Promise<Transaction> {
    const watch = this.#watch
    const started = performance.now()
    const opener = watch.opener()
    let transaction
    try {
      transaction = await asRecordedCall(() => this.#original.startTransaction(...args))
    } catch (error) {
      watch.callFailed(error)
      throw error
    } finally {
      watch.guard(() => watch.recorder.waited(started))
    }
    const open = this.#open
    const record = watch.guard(() => {
      const held = watch.transactionBegun()
      return new TransactionRecorder(watch.recorder, (ended) => open.delete(ended), held, opener)
    })
    if (record === undefined) return transaction
    open.add(record)
    const Instrumented = instrumentedTransactions.of(transaction)
    return new Instrumented(transaction, watch, record)
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

class InstrumentedTransaction implements Transaction {
  readonly #original: Transaction
  readonly #watch: Watch
  readonly #record: TransactionRecorder
  declare readonly provider: string
  declare readonly adapterName: string

  constructor(original: Transaction, watch: Watch, record: TransactionRecorder) {
    this.#original = original
    this.#watch = watch
    this.#record = record
  }

  static originalOf(wrapper: object): object {
    return #original in wrapper ? wrapper.#original : wrapper
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#watch.queryRaw(this.#original, query, this.#record)
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.#watch.executeRaw(this.#original, query, this.#record)
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

const instrumentedAdapters = new ForwardingClasses(InstrumentedAdapter, (wrapper) =>
  InstrumentedAdapter.originalOf(wrapper),
)
const instrumentedTransactions = new ForwardingClasses(InstrumentedTransaction, (wrapper) =>
  InstrumentedTransaction.originalOf(wrapper),
)

/** The number of rows that a write through `queryRaw` has written. */
function writtenRows(statement: ParsedStatement, result: SqlResultSet): number {
  // MySQL has no RETURNING: a create returns the id of its row, but no row.
  const onlyId = result.columnNames.length === 0 && result.lastInsertId !== undefined
  return onlyId && statement.series.insert ? 1 : result.rows.length
}
