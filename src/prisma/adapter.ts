import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  SqlResultSet,
  Transaction,
} from '../database/driver-adapter.ts'
import { wrap } from './wrap.ts'
import { isOwned, type Owner, ownersKey, ownersOf } from './instrumented-by.ts'
import {
  StatementRecorder,
  type StatementSinks,
} from '../database/statements/statement-recorder.ts'
import { TransactionRecorder } from '../database/statements/transaction-recorder.ts'

/** What the statement layer records with, and whom it tells of connections. */
export interface StatementLayer extends StatementSinks {
  /**
   * Called with each adapter that connects and the instrumented factory it is from; returns what is to
   * be done when it is disposed of.
   */
  connected(adapter: SqlDriverAdapter, factory: SqlDriverAdapterFactory): () => void
}

/**
 * The same factory; what it connects records every statement, row and transaction.
 *
 * @throws {Error} where the factory feeds another `client` label of the same registry already.
 */
export function instrumentFactory<F extends SqlDriverAdapterFactory>(
  factory: F,
  layer: StatementLayer,
  owner: Owner,
): F {
  const owners = ownersOf(factory)
  if (isOwned('metrics.adapter(factory): the factory', owners, owner)) return factory
  const recorder = new StatementRecorder(layer, factory)
  const replaced: Partial<SqlDriverAdapterFactory> = {
    [ownersKey]: [...owners, owner],
    async connect() {
      let adapter
      try {
        adapter = await factory.connect()
      } catch (error) {
        recorder.failed(error)
        throw error
      }
      return instrumentAdapter(adapter, instrumented, layer, recorder)
    },
  }
  const instrumented = wrap<F>(factory, replaced as Partial<F>)
  return instrumented
}

function instrumentAdapter(
  adapter: SqlDriverAdapter,
  factory: SqlDriverAdapterFactory,
  layer: StatementLayer,
  recorder: StatementRecorder,
): SqlDriverAdapter {
  const open = new Set<TransactionRecorder>()
  recorder.guarded(() => recorder.texts.sentBy(adapter))
  const release = recorder.guarded(() => layer.connected(adapter, factory))
  return wrap(adapter, {
    queryRaw: (query) => queryRaw(adapter, recorder, query),
    executeRaw: (query) => executeRaw(adapter, recorder, query),
    async startTransaction(...args) {
      const started = performance.now()
      let transaction
      try {
        transaction = await adapter.startTransaction(...args)
      } catch (error) {
        recorder.failed(error)
        throw error
      } finally {
        recorder.waited(started)
      }
      const record = new TransactionRecorder(layer.errorReporter, recorder, () =>
        open.delete(record),
      )
      open.add(record)
      return instrumentTransaction(transaction, record)
    },
    async dispose() {
      try {
        await adapter.dispose()
      } finally {
        // A transaction that is open when its connections go can only have been rolled back.
        for (const record of open) record.end('rollback')
        if (release !== undefined) recorder.guarded(release)
      }
    },
  })
}

function instrumentTransaction(transaction: Transaction, record: TransactionRecorder): Transaction {
  return wrap(transaction, {
    queryRaw: (query) => queryRaw(transaction, record, query),
    executeRaw: (query) => executeRaw(transaction, record, query),
    commit() {
      record.ending()
      return observed(
        () => transaction.commit(),
        () => record.end('commit'),
        (error) => record.endFailed(error),
      )
    },
    rollback() {
      record.ending()
      return observed(
        () => transaction.rollback(),
        () => record.end('rollback'),
        (error) => record.endFailed(error),
      )
    },
    createSavepoint: controlling('createSavepoint', 'savepoint'),
    rollbackToSavepoint: controlling('rollbackToSavepoint', 'rollback to'),
    releaseSavepoint: controlling('releaseSavepoint', 'release'),
  })

  /** A savepoint method of the adapter, booked once it has succeeded; undefined where it has none. */
  function controlling(
    method: 'createSavepoint' | 'rollbackToSavepoint' | 'releaseSavepoint',
    control: 'savepoint' | 'rollback to' | 'release',
  ): ((name: string) => Promise<void>) | undefined {
    const original = transaction[method]
    if (original === undefined) return undefined
    return (savepoint) =>
      observed(
        () => original.call(transaction, savepoint),
        () => record.controlled({ control, savepoint }),
        (error) => record.failed(error),
      )
  }
}

interface QueryRecorder {
  queried(sql: string, started: number, result: SqlResultSet): void
  executed(sql: string, started: number, affected: number): void
  statementFailed(sql: string, started: number, error: unknown): void
}

function queryRaw(
  queryable: SqlQueryable,
  recorder: QueryRecorder,
  query: SqlQuery,
): Promise<SqlResultSet> {
  const { sql } = query
  const started = performance.now()
  return observed(
    () => queryable.queryRaw(query as never),
    (result) => recorder.queried(sql, started, result),
    (error) => recorder.statementFailed(sql, started, error),
  )
}

function executeRaw(
  queryable: SqlQueryable,
  recorder: QueryRecorder,
  query: SqlQuery,
): Promise<number> {
  const { sql } = query
  const started = performance.now()
  return observed(
    () => queryable.executeRaw(query as never),
    (affected) => recorder.executed(sql, started, affected),
    (error) => recorder.statementFailed(sql, started, error),
  )
}

/**
 * The very promise that `call` returns, listened to before anybody else is: what waits for it goes on
 * in the same tick as without.
 */
function observed<T>(
  call: () => Promise<T>,
  succeeded: (value: T) => void,
  failed: (error: unknown) => void,
): Promise<T> {
  let answer
  try {
    answer = call()
  } catch (error) {
    failed(error)
    throw error
  }
  void Promise.resolve(answer).then(succeeded, failed)
  return answer
}
