import type fc from 'fast-check'
import { choice, sequence, spelled, type Tokens, words } from './tokens.ts'

/** What the texts of a database are made of that has to run them: its tables exist. */
export interface KnownTables {
  /** Each spelling of a table, with the name that the database has for it. */
  readonly spellings: Readonly<Record<string, string>>
  /** Words that may follow the verb. */
  readonly insertWords: readonly string[]
  readonly updateWords: readonly string[]
  /** What an INSERT may end with. */
  readonly conflicts: readonly string[]
  /** Values besides those of every dialect. */
  readonly values: readonly string[]
}

/** Texts for tables with the columns `id` and `name`. */
export function textsFor(known: KnownTables): fc.Arbitrary<string> {
  const table = words(
    ...Object.keys(known.spellings).map((text) => text.replaceAll(' ', '\u{1}')),
  ).map((tokens): Tokens => tokens.map((text) => text.replaceAll('\u{1}', ' ')))
  const value = choice<Tokens>(
    [4, words('1', 'NULL', "'a'", "'it''s'", '1 + 1', "';'", "' FROM other '")],
    [
      2,
      words("'\\\\'", '( SELECT 1 )', 'CASE WHEN 1 THEN 2 ELSE 3 END', "'ON CONFLICT DO UPDATE'"),
    ],
    [2, sequence('( SELECT max ( id ) FROM', table, ')')],
    [2, words(...known.values)],
  )
  const alias = choice<Tokens>(
    [3, words('')],
    [2, words('AS x', 'AS y')],
    [1, words('x', 'ignore', 'z')],
  )
  const where = choice<Tokens>([2, words('')], [3, sequence('WHERE id =', value)])
  const select = sequence(
    'SELECT',
    words('', '', 'DISTINCT'),
    value,
    words('', 'AS n', 'AS "from"'),
    words('', ', id', ', name'),
    'FROM',
    choice<Tokens>(
      [6, sequence(table, alias)],
      [1, sequence('( SELECT id , name FROM', table, where, ') AS s')],
      [1, sequence('( WITH w AS ( SELECT 1 AS id , 2 AS name ) SELECT id , name FROM w ) AS s')],
      [1, sequence(table, 'AS l JOIN', table, 'AS r ON 1 = 1')],
    ),
    where,
    words('', '', 'ORDER BY 1', 'LIMIT 1', 'GROUP BY id'),
  )
  const insert = sequence(
    words(...known.insertWords),
    'INTO',
    table,
    words('( id , name )', '( id , name )', ''),
    choice<Tokens>(
      [3, sequence('VALUES (', value, ',', value, ')')],
      [1, sequence('SELECT id , name FROM', table, 'WHERE 1 = 1')],
    ),
    words('', '', ...known.conflicts),
  )
  const update = sequence(
    'UPDATE',
    words(...known.updateWords),
    table,
    alias,
    'SET name =',
    value,
    where,
  )
  const remove = sequence('DELETE FROM', table, alias, where)
  return choice(
    [3, spelled(insert)],
    [3, spelled(update)],
    [3, spelled(remove)],
    [3, spelled(select)],
    [1, spelled(sequence('WITH w AS ( SELECT 1 AS id )', select))],
    [1, spelled(sequence('WITH w AS ( SELECT 1 AS id )', update))],
  )
}
