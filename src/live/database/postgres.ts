import type { DatabaseAccess, ReadQuery } from '../../support/activity.ts'
import { duration, numberCell, size } from '../sections/format.ts'
import type { Cell, Table } from '../sections/table.ts'

/** Reads catalog views only: no table of the application. */
export async function askPostgres(query: ReadQuery, access: DatabaseAccess): Promise<Table[]> {
  return [
    await models(query, access),
    await unusedIndexes(query, access),
    await running(query, access),
    // Last: it may fail, which ends the transaction.
    await statements(query, access),
  ]
}

async function models(query: ReadQuery, access: DatabaseAccess): Promise<Table> {
  const rows = await query(`
    SELECT s.schemaname::text, s.relname::text, pg_total_relation_size(s.relid)::text,
      s.n_live_tup::text, s.n_dead_tup::text, s.seq_scan::text, s.idx_scan::text
    FROM pg_stat_user_tables s
    ORDER BY pg_total_relation_size(s.relid) DESC LIMIT 100`)
  return {
    id: 'database-models',
    caption: 'Tables by size; scans since the statistics began',
    columns: [
      { label: 'Model', kind: 'text' },
      { label: 'Size', kind: 'number', title: 'With indexes.' },
      { label: 'Rows', kind: 'number', title: "The database's own estimate." },
      { label: 'Dead rows', kind: 'number', title: "The database's own estimate." },
      { label: 'Sequential scans', kind: 'number' },
      { label: 'Index scans', kind: 'number' },
    ],
    rows: rows.map(([schema, table, bytes, live, dead, sequential, index]): Cell[] => [
      access.modelOf(String(table), String(schema)),
      numberCell(Number(bytes), size),
      numberCell(Number(live)),
      numberCell(Number(dead)),
      numberCell(Number(sequential)),
      numberCell(Number(index ?? 0)),
    ]),
    empty: 'The database has no table.',
    filter: true,
  }
}

async function unusedIndexes(query: ReadQuery, access: DatabaseAccess): Promise<Table> {
  const rows = await query(`
    SELECT s.schemaname::text, s.relname::text, s.indexrelname::text,
      pg_relation_size(s.indexrelid)::text
    FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
    WHERE s.idx_scan = 0 AND NOT i.indisunique
    ORDER BY pg_relation_size(s.indexrelid) DESC LIMIT 50`)
  return {
    id: 'database-indexes',
    caption: 'Indexes without a scan since the statistics began, unique ones aside',
    columns: [
      { label: 'Index', kind: 'code' },
      { label: 'Model', kind: 'text' },
      { label: 'Size', kind: 'number' },
    ],
    rows: rows.map(([schema, table, index, bytes]): Cell[] => [
      String(index),
      access.modelOf(String(table), String(schema)),
      numberCell(Number(bytes), size),
    ]),
    empty: 'Every index is used.',
  }
}

async function running(query: ReadQuery, access: DatabaseAccess): Promise<Table> {
  const rows = await query(`
    SELECT pid::text, state::text, COALESCE(wait_event_type, '')::text,
      EXTRACT(EPOCH FROM clock_timestamp() - query_start)::text,
      EXTRACT(EPOCH FROM clock_timestamp() - xact_start)::text,
      COALESCE(array_to_string(pg_blocking_pids(pid), ', '), ''), COALESCE(query, '')
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND state <> 'idle' AND backend_type = 'client backend'
    ORDER BY xact_start NULLS LAST LIMIT 50`)
  return {
    id: 'database-running',
    caption: 'Queries and transactions in progress, the longest transaction first',
    columns: [
      { label: 'Process', kind: 'text', title: 'Of the database.' },
      { label: 'State', kind: 'text' },
      { label: 'Waits for', kind: 'text' },
      { label: 'Blocked by', kind: 'text' },
      { label: 'Query', kind: 'number' },
      { label: 'Transaction', kind: 'number' },
      { label: 'Fingerprint', kind: 'code' },
    ],
    rows: rows.map(([process, state, wait, queryAge, age, blockers, sql]): Cell[] => [
      String(process),
      String(state),
      String(wait) || '–',
      String(blockers) || '–',
      numberCell(ageOf(queryAge), duration),
      numberCell(ageOf(age), duration),
      access.fingerprintOf(String(sql)),
    ]),
    empty: 'No query is in progress.',
  }
}

function ageOf(seconds: unknown): number | undefined {
  return seconds === null ? undefined : Math.max(0, Number(seconds))
}

async function statements(query: ReadQuery, access: DatabaseAccess): Promise<Table> {
  const columns: Table['columns'] = [
    { label: 'Statement', kind: 'code' },
    { label: 'Calls', kind: 'number' },
    { label: 'Total', kind: 'number' },
    { label: 'Mean', kind: 'number' },
    { label: 'Rows', kind: 'number' },
  ]
  const table = { id: 'database-statements', columns }
  const caption = 'The heaviest statements of pg_stat_statements'
  const [installed] = await query(
    `SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_stat_statements'`,
  )
  if (installed === undefined) {
    return {
      ...table,
      caption,
      rows: [],
      empty: 'The extension pg_stat_statements is not installed.',
    }
  }
  try {
    const rows = await query(`
      SELECT query, calls::text, (total_exec_time / 1000)::text, (mean_exec_time / 1000)::text, rows::text
      FROM ${String(installed[0])}.pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      ORDER BY total_exec_time DESC LIMIT 20`)
    return {
      ...table,
      caption,
      rows: rows.map(([sql, calls, total, mean, count]): Cell[] => [
        access.fingerprintOf(String(sql)),
        numberCell(Number(calls)),
        numberCell(Number(total), duration),
        numberCell(Number(mean), duration),
        numberCell(Number(count)),
      ]),
      empty: 'No statement is recorded.',
    }
  } catch {
    return { ...table, caption, rows: [], empty: 'pg_stat_statements cannot be read by this role.' }
  }
}
