import { expect, test } from 'vitest'
import { splitTrailingComment } from '../../../src/database/sql/trailing-comment.ts'

test.each([
  ['SELECT 1 ', "/*traceparent='00-1-2-01'*/"],
  ['/* a */ SELECT 1', '/* b */'],
  ['/* a */', '/* b */'],
  ['SELECT 1 ', '/**/'],
  ['SELECT 1 ', '/*a!*/'],
  ['SELECT 1 ', '/*Ma*/'],
])('splits %s before %s', (text, comment) => {
  expect(splitTrailingComment(text + comment)).toEqual([text, comment])
})

test.each([
  '',
  'SELECT 1',
  '/* a */ SELECT 1',
  'SELECT 1 /* a */ ',
  'SELECT 1 -- a',
  // A text that is only a comment keeps it.
  '/* a */',
  // The end of a comment without its start.
  'SELECT 1 */',
  'SELECT 1 /*/',
  // Postgres nests comments: the last start belongs to the comment that ends before.
  'SELECT 1 /* a /* b */ c */',
  // MySQL and MariaDB run the text of these.
  'SELECT 1 /*! FOR UPDATE */',
  'SELECT 1 /*M! FOR UPDATE */',
])('finds no comment to split off in %s', (sql) => {
  expect(splitTrailingComment(sql)).toEqual([sql, ''])
})
