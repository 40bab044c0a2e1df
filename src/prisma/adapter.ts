import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  SqlResultSet,
  Transaction,
} from './driver-adapter.ts'
import { interpose } from './interpose.ts'
import { isOwned, type Owner, ownersKey, ownersOf } from './owner.ts'
import { StatementRecorder, type StatementSinks } from './statement-recorder.ts'
import { TransactionRecorder } from './transaction-recorder.ts'

/** What the statement layer records with, and whom it tells of connections. */
export interface StatementLayer extends StatementSinks {
  /** Called with each adapter that connects; returns what is to be done when it is disposed of. */
  connected(adapter: SqlDriverAdapter): () => void
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
      return instrumentAdapter(adapter, layer, recorder)
    },
  }
  return interpose<F>(factory, replaced as Partial<F>)
}

function instrumentAdapter(
  adapter: SqlDriverAdapter,
  layer: StatementLayer,
  recorder: StatementRecorder,
): SqlDriverAdapter {
  const open = new Set<TransactionRecorder>()
  const release = recorder.guarded(() => layer.connected(adapter))
  return interpose(adapter, {
    ...instrumentQueries(adapter, recorder),
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
      const record = new TransactionRecorder(layer.faults, recorder, () => open.delete(record))
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
  const replaced: Partial<Transaction> = {
    ...instrumentQueries(transaction, record),
    async commit() {
      record.ending()
      try {
        await transaction.commit()
      } catch (error) {
        record.failed(error)
        record.end('rollback')
        throw error
      }
      record.end('commit')
    },
    async rollback() {
      record.ending()
      try {
        await transaction.rollback()
      } catch (error) {
        record.failed(error)
        throw error
      } finally {
        record.end('rollback')
      }
    },
  }
  if (transaction.createSavepoint) {
    replaced.createSavepoint = record.controlling('savepoint', (name) =>
      transaction.createSavepoint?.(name),
    )
  }
  if (transaction.rollbackToSavepoint) {
    replaced.rollbackToSavepoint = record.controlling('rollback to', (name) =>
      transaction.rollbackToSavepoint?.(name),
    )
  }
  if (transaction.releaseSavepoint) {
    replaced.releaseSavepoint = record.controlling('release', (name) =>
      transaction.releaseSavepoint?.(name),
    )
  }
  return interpose(transaction, replaced)
}

interface QueryRecorder {
  queried(sql: string, started: number, result: SqlResultSet): void
  executed(sql: string, started: number, affected: number): void
  statementFailed(sql: string, started: number, error: unknown): void
}

function instrumentQueries(
  queryable: SqlQueryable,
  recorder: QueryRecorder,
): Pick<SqlQueryable, 'queryRaw' | 'executeRaw'> {
  return {
    async queryRaw(query: SqlQuery) {
      const started = performance.now()
      let result
      try {
        result = await queryable.queryRaw(query as never)
      } catch (error) {
        recorder.statementFailed(query.sql, started, error)
        throw error
      }
      recorder.queried(query.sql, started, result)
      return result
    },
    async executeRaw(query: SqlQuery) {
      const started = performance.now()
      let affected
      try {
        affected = await queryable.executeRaw(query as never)
      } catch (error) {
        recorder.statementFailed(query.sql, started, error)
        throw error
      }
      recorder.executed(query.sql, started, affected)
      return affected
    },
  }
}
