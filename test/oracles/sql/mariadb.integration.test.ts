import fc from 'fast-check'
import { createConnection } from 'mariadb'
import { afterAll, expect, test } from 'vitest'
import { readStatement } from '../../../src/database/sql/statement.ts'
import { obstacleToMariadb, startMariadb } from '../../prisma/databases/mariadb.ts'
import { textsFor } from './known-tables.ts'

const spellings = {
  users: 'users',
  '`User x`': 'User x',
  '`we``ird`': 'we`ird',
  'app . users': 'users',
  'app . `User x`': 'User x',
  only: 'only',
  Größe: 'Größe',
  表: '表',
  'b\u{3000}': 'b\u{3000}',
  b: 'b',
  a$b: 'a$b',
}

const texts = textsFor({
  spellings,
  insertWords: ['INSERT', 'INSERT', 'INSERT IGNORE', 'INSERT LOW_PRIORITY', 'REPLACE'],
  updateWords: ['', '', 'IGNORE', 'LOW_PRIORITY', 'LOW_PRIORITY IGNORE'],
  conflicts: ['ON DUPLICATE KEY UPDATE name = 1'],
  values: [
    '`id`',
    '@from',
    "x'00'",
    "'a' 'b'",
    '"a ; b"',
    '"it""s"',
    "'\\''",
    'id <=> 2',
    '1 -- 1\n',
  ],
})

const server = (await obstacleToMariadb()) === undefined ? await startMariadb() : undefined
afterAll(() => server?.[Symbol.asyncDispose]())

const named = '`app`\\.`((?:[^`]|``)+)`'
const written = new RegExp(
  `^(?:/\\*.*?\\*/ )*(?:with .*? )?(insert|replace|update|delete)\\b[a-z ]*? ${named}`,
  'su',
)
const read = new RegExp(`^(?:/\\*.*?\\*/ )*(?:with .*? )?(select)\\b.* from ${named}`, 'su')

/** The verb and table of the rewritten query that EXPLAIN leaves as a note, without its subqueries. */
function canonical(note: string): readonly (string | undefined)[] {
  let outer = note
  for (let before = ''; before !== outer;) {
    before = outer
    outer = outer.replaceAll(/\([^()]*\)/gu, '')
  }
  return (written.exec(outer) ?? read.exec(outer) ?? []).slice(1)
}

test.runIf(server !== undefined)(
  'reads the verb and table that MariaDB explains',
  { timeout: 120_000 },
  async () => {
    await using database = await server?.createDatabase()
    const connection = await createConnection({ ...database?.config, connectTimeout: 20_000 })
    await connection.query('DROP DATABASE IF EXISTS app')
    await connection.query('CREATE DATABASE app')
    await connection.query('USE app')
    for (const table of new Set(Object.values(spellings)))
      await connection.query(
        `CREATE TABLE \`${table.replaceAll('`', '``')}\` (id INT PRIMARY KEY, name TEXT)`,
      )
    const figures = { tried: 0, refused: 0, failed: 0, raw: 0 }
    const differences: string[] = []
    for (const sql of fc.sample(texts, { numRuns: 2000, seed: 1 })) {
      let note: string | undefined
      try {
        await connection.query(`EXPLAIN EXTENDED ${sql}`)
        const notes: { Message: string }[] = await connection.query('SHOW WARNINGS')
        note = notes.at(-1)?.Message
      } catch {}
      const [verb, name] = canonical(note ?? '')
      if (verb === undefined || name === undefined) {
        figures.refused += 1
        continue
      }
      figures.tried += 1
      const statement = readStatement(sql, 'mysql')
      if (statement.table === undefined) figures.raw += 1
      else if (statement.verb !== verb || statement.table !== name.replaceAll('``', '`'))
        differences.push(
          `${JSON.stringify(sql)}: ${statement.verb} ${statement.table}, MariaDB: ${note}`,
        )
    }
    await connection.query('DROP DATABASE app')
    await connection.end()
    figures.failed = differences.length
    console.log(`statement reader against EXPLAIN of MariaDB: ${JSON.stringify(figures)}`)
    expect(differences.slice(0, 10)).toEqual([])
    expect(figures.tried).toBeGreaterThan(800)
    expect(figures.raw / figures.tried).toBeLessThan(0.8)
  },
)
