import { createClient } from '@libsql/client'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { readStatement } from '../../../src/database/sql/statement.ts'
import { textsFor } from './known-tables.ts'

const spellings = {
  users: 'users',
  USERS: 'users',
  '"User x"': 'User x',
  '[c d]': 'c d',
  '`we``ird`': 'we`ird',
  'main . users': 'users',
  'main . [c d]': 'c d',
  ignore: 'ignore',
  only: 'only',
  rows: 'rows',
  Größe: 'Größe',
  'a😀': 'a😀',
  'b\u{3000}': 'b\u{3000}',
  b: 'b',
}

const texts = textsFor({
  spellings,
  insertWords: [
    'INSERT',
    'INSERT',
    'INSERT OR IGNORE',
    'INSERT OR ABORT',
    'INSERT OR REPLACE',
    'REPLACE',
  ],
  updateWords: ['', '', 'OR IGNORE', 'OR ROLLBACK', 'OR REPLACE'],
  conflicts: [
    'ON CONFLICT DO NOTHING',
    'ON CONFLICT ( id ) DO UPDATE SET name = 1',
    'RETURNING id',
  ],
  values: [
    '"id"',
    '[id]',
    '`id`',
    ':from',
    '@from',
    "x'00'",
    '?1',
    'id IS NOT DISTINCT FROM 2',
    '$from',
  ],
})

interface Program {
  /** The tables that its program writes, and whether it inserts, updates or deletes their rows. */
  readonly written: Map<string, Set<string>>
  readonly read: Set<string>
}

// https://sqlite.org/opcode.html: OPFLAG_NCHANGE, OPFLAG_ISUPDATE
const counts = 1
const isUpdate = 4

test(
  'reads the verb and table that the bytecode of SQLite writes or reads',
  { timeout: 120_000 },
  async () => {
    const client = createClient({ url: ':memory:' })
    onTestFinished(() => client.close())
    for (const table of new Set(Object.values(spellings)))
      await client.execute(`CREATE TABLE "${table}" (id INTEGER PRIMARY KEY, name)`)
    const { rows } = await client.execute('SELECT name, rootpage FROM sqlite_schema')
    const byPage = new Map(rows.map((row) => [Number(row['rootpage']), row['name'] as string]))

    const explained = async (sql: string): Promise<Program | undefined> => {
      const written: Program['written'] = new Map()
      const read: Program['read'] = new Set()
      const wrote = (table: unknown, action: string): void => {
        const actions = written.get(String(table)) ?? new Set()
        written.set(String(table), actions.add(action))
      }
      const { rows: opcodes } = await client.execute(`EXPLAIN ${sql}`)
      for (const { opcode, p2, p4, p5 } of opcodes) {
        const flags = Number(p5)
        if (opcode === 'OpenRead') read.add(byPage.get(Number(p2)) ?? '')
        if (opcode === 'Insert' && (flags & counts) !== 0)
          wrote(p4, (flags & isUpdate) === 0 ? 'insert' : 'update')
        if (opcode === 'Delete' && byPage.size > 0 && p4 !== '' && p4 !== null) wrote(p4, 'delete')
        if (opcode === 'Clear') wrote(p4, 'delete')
      }
      return { written, read }
    }

    const figures = { tried: 0, refused: 0, failed: 0, raw: 0 }
    const differences: string[] = []
    for (const sql of fc.sample(texts, { numRuns: 4000, seed: 1 })) {
      let program: Program | undefined
      try {
        program = await explained(sql)
      } catch {
        figures.refused += 1
        continue
      }
      figures.tried += 1
      const { verb, table, upsert } = readStatement(sql, 'sqlite')
      if (table === undefined) {
        figures.raw += 1
        continue
      }
      // Names that differ in the case of ASCII letters are one table.
      const same = (name: string): boolean => name.toLowerCase() === table.toLowerCase()
      const writes = [...(program?.written.keys() ?? [])]
      const actions = new Set([...(program?.written.values() ?? [])].flatMap((each) => [...each]))
      const agrees =
        verb === 'select'
          ? writes.length === 0 && [...(program?.read ?? [])].some(same)
          : writes.length === 1 && writes.every(same) && (actions.has(verb) || upsert)
      if (!agrees)
        differences.push(
          `${JSON.stringify(sql)}: ${verb} ${table}, SQLite ${[...actions].join()} ${writes.join()} ${[...(program?.read ?? [])].join()}`,
        )
    }
    figures.failed = differences.length
    console.log(`statement reader against the bytecode of SQLite: ${JSON.stringify(figures)}`)
    expect(differences.slice(0, 10)).toEqual([])
    expect(figures.tried).toBeGreaterThan(1500)
    expect(figures.raw / figures.tried).toBeLessThan(0.8)
  },
)
