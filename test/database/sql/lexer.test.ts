import { expect, test } from 'vitest'
import { namePart, splitName } from '../../../src/database/sql/lexer.ts'

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
