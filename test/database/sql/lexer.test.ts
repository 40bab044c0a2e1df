import { expect, test } from 'vitest'
import {
  isName,
  namePart,
  outsideLiterals,
  skipBlank,
  skipUnread,
  splitName,
  sqlPattern,
} from '../../../src/database/sql/lexer.ts'

/** The indexes at which a match of `namePart` at the start of `text` can end. */
function ends(text: string): number[] {
  const rest = Array.from({ length: text.length }, (_, index) => text.length - index - 1)
  return rest
    .filter((length) => new RegExp(`^${namePart}(?=[^]{${length}}$)`, 'u').test(text))
    .map((length) => text.length - length)
}

// Each further end is another way to split a text into names: with two, an expression that looks for
// several names in a row tries a number of ways that grows with the square of the length.
test.each([
  ['"a""a""a""a" ', 12],
  ['"a" "b"', 3],
  ['"""a"""', 7],
  ['`a``a``a` x', 9],
  ['[a]]a]]a] x', 9],
  ['plain1$ x', 7],
])('matches %s in one way', (text, end) => {
  expect(ends(text)).toEqual([end])
})

test.each(['"a', '"a""', '""', '``', '[]', '1a'])('finds no name in %s', (text) => {
  expect(ends(text)).toEqual([])
})

test.each([
  ['postgres', 'Sales.POST_É', { schema: 'sales', table: 'post_É' }],
  ['postgres', '"Sales".Post', { schema: 'Sales', table: 'post' }],
  ['postgres', '"Post"', { schema: undefined, table: 'Post' }],
  ['mysql', 'Sales.`Post`', { schema: 'Sales', table: 'Post' }],
  ['sqlite', 'Post', { schema: undefined, table: 'Post' }],
])('%s: folds unquoted names as the database does: %s', (provider, name, expected) => {
  expect(splitName(name, provider)).toEqual(expected)
})

test('splits no name from an empty text', () => {
  expect(splitName('', 'postgres')).toEqual({ table: undefined, schema: undefined })
})

test.each(['User', 'Ünïcode_7', 'app.User', 'app.public.User', '"a b".`c`.[d e]'])(
  'takes %s for a name',
  (text) => {
    expect(isName(text)).toBe(true)
  },
)

test.each(['', 'a b', 'a.', '.a', 'a.b.c.d', 'a; b', '"a'])('takes %s for no name', (text) => {
  expect(isName(text)).toBe(false)
})

test('takes the blanks that every dialect has, and the letters of any case', () => {
  const pattern = sqlPattern(String.raw`A\s+B`)
  const matches = (text: string): boolean => {
    pattern.lastIndex = 0
    return pattern.test(text)
  }
  expect(['a b', 'A\t\n\v\f\r B'].filter(matches)).toHaveLength(2)
  expect(['ab', 'a\u00a0b', 'a\u2003b', 'xa b'].filter(matches)).toEqual([])
})

/** What is skipped at the start of a text: a literal, a quoted name, a comment, or one character. */
function skipped(text: string, provider?: string): string | undefined {
  const end = skipUnread(text, 0, text.charCodeAt(0), provider)
  return end === undefined ? undefined : text.slice(0, end)
}

test.each([
  // A backslash matters inside a literal only.
  [undefined, "'a' || '\\'", "'a'"],
  [undefined, "'a\\' b", undefined],
  [undefined, "'a", undefined],
  [undefined, '`a` b', '`a`'],
  // A bracket quotes names in SQL Server and SQLite, and perhaps in an unknown dialect.
  ['sqlserver', "[a'] b", "[a']"],
  ['sqlite', "[a'] b", "[a']"],
  [undefined, "[a'] b", "[a']"],
  ['sqlserver', '[a', undefined],
  ['postgres', "['a'] b", '['],
  ['mysql', "['a'] b", '['],
  // A dollar begins a parameter, or a literal of Postgres.
  ['postgres', '$0', '$'],
  ['postgres', '$9', '$'],
  ['postgres', '$$a$$', undefined],
  ['postgres', '$a$ $a$', undefined],
  // MySQL alone takes # for a comment, and -- only if a blank follows.
  ['mysql', '# a', undefined],
  ['postgres', '#> a', '#'],
  ['mysql', '--1', undefined],
  ['mysql', '-- 1', '-- 1'],
  ['mysql', '--', '--'],
  ['mysql', '-1', '-'],
  ['mysql', '/*a*/ b', '/*a*/'],
  ['postgres', '--1\nb', '--1\n'],
  ['postgres', '/ b', '/'],
  // A carriage return ends a comment in Postgres only, unless the line ends with it.
  ['postgres', '-- a\r\nb', '-- a\r\n'],
  ['postgres', '-- a\r', '-- a\r'],
  ['postgres', '-- a\rb', undefined],
  // A comment that is open, nested, or run by the server.
  [undefined, '/* a', undefined],
  [undefined, '/* /* */ */', undefined],
  [undefined, '/*! a */', undefined],
  [undefined, '/*M! a */', undefined],
])('%s: skips the start of %s', (provider, text, expected) => {
  expect(skipped(text, provider)).toBe(expected)
})

test('skips a quoted name right behind another', () => {
  const text = '[a][b]'
  expect(skipUnread(text, 3, text.charCodeAt(3), 'sqlserver')).toBe(6)
})

test('skips a character behind another', () => {
  expect(skipUnread('a # b', 2, '#'.charCodeAt(0), 'postgres')).toBe(3)
})

test.each([
  ["a 'b;' c", 'a   c'],
  ['"a"b', ' b'],
  ['a -- ;\nb /* ; */', 'a  b  '],
  ['a', 'a'],
  ['', ''],
  ["a 'b", undefined],
])('keeps what is outside the literals of %s', (sql, expected) => {
  expect(outsideLiterals(sql, 0, 'postgres')).toBe(expected)
})

test.each([
  [' \t-- a\n/* b */ c', 15],
  ['a', 0],
  ['- a', 0],
  [' ', 1],
  [' /* a', undefined],
])('skips the blanks and comments before the code of %j', (sql, expected) => {
  expect(skipBlank(sql, 0)).toBe(expected)
})
