import { expect, test } from 'vitest'
import { read } from './read.ts'

test.each([
  // IGNORE is a modifier, never a table; ONLY is a name.
  ['UPDATE IGNORE users SET name = 1', 'update users'],
  ['UPDATE IGNORE only SET name = 1', 'other'],
  ['SELECT * FROM IGNORE', 'other'],
  ['SELECT * FROM ignored', 'select ignored'],
  ['SELECT * FROM to_ignore', 'select to_ignore'],
  ['UPDATE ONLY users SET name = 1', 'other'],
  ['DELETE FROM ONLY users', 'other'],
  // `#` begins a comment, and `--` only if a blank follows.
  ["UPDATE a SET x = 1 # '\n; DELETE FROM b #'", 'other'],
  ['UPDATE a SET x = 1--1; DELETE FROM b', 'other'],
  ['UPDATE a SET x = 1 -- ; one\n', 'update a'],
  ["UPDATE a SET x = ';' --", 'update a'],
  ['UPDATE a SET x = 1 /*; one */', 'update a'],
])('reads SQL written for MySQL: %s', (sql, expected) => {
  expect(read(sql, 'mysql')).toBe(expected)
})
