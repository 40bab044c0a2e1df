import type { TransactionOutcome } from '../../database/statements/transaction-series.ts'
import type { SqlQueryable } from '../driver-adapter.ts'

/** A transaction of a Postgres server. A server that replaces another one, or has crashed, reuses ids. */
interface PostgresTransaction {
  readonly id: string
  readonly server: string
}

// A promoted server changes the timeline, which is the first eight digits of the file name. A server that
// recovers from a crash resets its statistics.
const server =
  '(SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) || stats_reset::text FROM pg_stat_bgwriter)'
const own = `SELECT pg_current_xact_id_if_assigned()::text, ${server}`
// In milliseconds: a server that has lost the connection may still be about to commit or to roll back.
const delays = [20, 80, 300, 1000, 3000, 10_000]
const outcomes: ReadonlyMap<unknown, TransactionOutcome> = new Map([
  ['committed', 'commit'],
  ['aborted', 'rollback'],
])

/** True if the server can be asked: Postgres 13 or newer, and no other database with its protocol. */
export async function canDecide(adapter: SqlQueryable): Promise<boolean> {
  return (await answer(adapter, `${own}, pg_xact_status('3'::xid8)`)) !== undefined
}

/** The transaction in progress; undefined if it has written nothing or has failed. */
export async function currentTransaction(
  transaction: SqlQueryable,
): Promise<PostgresTransaction | undefined> {
  const [id, at] = (await answer(transaction, own)) ?? []
  return typeof id === 'string' && typeof at === 'string' ? { id, server: at } : undefined
}

/** Asks the server on another connection until it knows; `unknown` if it does not know in time. */
export async function outcomeOf(
  transaction: PostgresTransaction,
  adapter: SqlQueryable,
  [delay, ...later]: readonly number[] = delays,
): Promise<TransactionOutcome> {
  if (delay === undefined) return 'unknown'
  await new Promise((resolve) => setTimeout(resolve, delay).unref())
  const asked = `SELECT pg_xact_status('${transaction.id}'::xid8), ${server}`
  const [status, at] = (await answer(adapter, asked)) ?? []
  if (at !== undefined && at !== transaction.server) return 'unknown'
  return outcomes.get(status) ?? outcomeOf(transaction, adapter, later)
}

/** The row that a query returns; undefined if it fails. */
async function answer(target: SqlQueryable, sql: string): Promise<unknown[] | undefined> {
  try {
    const { rows } = await target.queryRaw({ sql, args: [], argTypes: [] })
    return rows[0]
  } catch {
    return undefined
  }
}
