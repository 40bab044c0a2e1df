import fc from 'fast-check'
import { choice, type Tokens } from './tokens.ts'

const plain = fc.constantFrom('users', 'Post', 'job_runs', '_PostToTag', 'a', 't1', 'a$b', 'U', 'e')

/** Words of some dialect that are plain names in Postgres, and words that are not. */
const keyword = fc.constantFrom(
  'ignore',
  'low_priority',
  'replace',
  'set',
  'only',
  'into',
  'values',
  'rows',
  'lateral',
  'work',
  'savepoint',
  'transaction',
  'returning',
  'output',
  'key',
  'conflict',
  'duplicate',
  'merge',
  'abort',
  'release',
  'begin',
  'matched',
  'tablesample',
  'cascade',
  'share',
  'xmltable',
  'from',
  'select',
)

const unicode = fc.constantFrom(
  'Ünïcode_7',
  'ÄPFEL',
  'таблица',
  '表',
  'a😀',
  '😀',
  'e\u{301}tat',
  'a\u{A0}b',
  'a\u{2028}b',
  'b\u{3000}',
  '\u{FEFF}a',
  '²',
  'a²',
  'x\u{200B}',
  'İ',
  'K',
)

const long = fc
  .constantFrom('n', 'Nä', '表')
  .chain((unit) => fc.integer({ min: 20, max: 70 }).map((count) => unit.repeat(count)))

const insideQuotes = choice(
  [4, fc.constantFrom('User', 'we""ird', 'a.b', 'c d', 'FROM', 'ON CONFLICT', 'DO UPDATE', 'SET')],
  [2, fc.constantFrom(';', '--', '/*', '*/', "'", '$$', '[', '`', 'a\\', '(', 'UNION', '%', '\n')],
  [1, unicode],
  [0.5, long],
  [
    1,
    fc
      .string({ minLength: 1, maxLength: 8, unit: 'binary' })
      .map((text) => text.replaceAll('"', '""')),
  ],
)
const quoted = insideQuotes.map((text) => `"${text}"`)
const escaped = fc.constantFrom(
  String.raw`U&"d\0061ta"`,
  String.raw`u&"\+01F600"`,
  String.raw`U&"plain"`,
  String.raw`U&"d!0061ta" UESCAPE '!'`,
)

/** A name, in all of the ways that Postgres knows. */
export const identifier: fc.Arbitrary<string> = choice(
  [30, plain],
  [20, quoted],
  [5, keyword],
  [4, unicode],
  [1, long],
  [2, escaped],
)

const part = identifier.map((text): Tokens => [text])
const qualified = fc
  .tuple(identifier, identifier)
  .map(([schema, table]): Tokens => [schema, '.', table])

/** The name of a table, with its schema or without. */
export const tableName: fc.Arbitrary<Tokens> = choice(
  [10, part],
  [8, qualified],
  [1, fc.tuple(identifier, qualified).map(([database, rest]): Tokens => [database, '.', ...rest])],
)

/** The name of a column, with its table or without. */
export const columnName: fc.Arbitrary<Tokens> = choice([4, part], [2, qualified])
