import type { DatabaseAccess, ReadQuery } from '../../support/activity.ts'
import { duration, numberCell, size } from '../sections/format.ts'
import type { Cell, Table } from '../sections/table.ts'

/** MySQL and MariaDB. */
export async function askMysql(query: ReadQuery, access: DatabaseAccess): Promise<Table[]> {
  const tables = await query(`
    SELECT table_name, CAST(data_length + index_length AS CHAR), CAST(table_rows AS CHAR)
    FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
    ORDER BY data_length + index_length DESC LIMIT 100`)
  const processes = await query(`
    SELECT CAST(id AS CHAR), command, COALESCE(state, ''), CAST(time AS CHAR), COALESCE(info, '')
    FROM information_schema.processlist
    WHERE id <> CONNECTION_ID() AND command <> 'Sleep' AND db = DATABASE()
    ORDER BY time DESC LIMIT 50`)
  return [
    {
      id: 'database-models',
      caption: 'Tables by size',
      columns: [
        { label: 'Model', kind: 'text' },
        { label: 'Size', kind: 'number', title: 'With indexes.' },
        { label: 'Rows', kind: 'number', title: "The database's own estimate." },
      ],
      rows: tables.map(([table, bytes, rows]): Cell[] => [
        access.modelOf(String(table), undefined),
        numberCell(Number(bytes), size),
        numberCell(Number(rows)),
      ]),
      empty: 'The database has no table.',
      filter: true,
    },
    {
      id: 'database-running',
      caption: 'Queries in progress, the longest first',
      columns: [
        { label: 'Process', kind: 'text', title: 'Of the database.' },
        { label: 'Command', kind: 'text' },
        { label: 'State', kind: 'text' },
        { label: 'Age', kind: 'number' },
        { label: 'Fingerprint', kind: 'code' },
      ],
      rows: processes.map(([process, command, state, seconds, sql]): Cell[] => [
        String(process),
        String(command),
        String(state) || '–',
        numberCell(Number(seconds), duration),
        access.fingerprintOf(String(sql)),
      ]),
      empty: 'No query is in progress.',
    },
  ]
}

export async function askSqlite(query: ReadQuery): Promise<Table[]> {
  const numberOf = async (pragma: string): Promise<number> => {
    const [row] = await query(`SELECT * FROM pragma_${pragma}`)
    return Number(row?.[0])
  }
  const page = await numberOf('page_size')
  const pages = await numberOf('page_count')
  const free = await numberOf('freelist_count')
  return [
    {
      id: 'database-models',
      caption: 'The file',
      columns: [
        { label: 'What', kind: 'text' },
        { label: 'Size', kind: 'number' },
      ],
      rows: [
        ['database', numberCell(page * pages, size)],
        ['free pages', numberCell(page * free, size)],
      ],
      empty: '',
    },
  ]
}
