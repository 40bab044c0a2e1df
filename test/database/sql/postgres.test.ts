import { expect, test } from 'vitest'
import { read } from './read.ts'

test.each([
  ['UPDATE u SET name = 1 FROM users', 'update u'],
  // ONLY is a modifier; IGNORE is a name, here with an alias.
  ['UPDATE ONLY users SET name = 1', 'update users'],
  ['DELETE FROM ONLY users', 'delete users'],
  ['UPDATE IGNORE users SET name = 1', 'other'],
  ['SELECT * FROM ignore', 'select ignore'],
  // A bracket begins a subscript and quotes nothing.
  ["UPDATE a SET x = ARRAY['];', '[']; DELETE FROM b", 'other'],
  ["UPDATE a SET x[1] = ';' WHERE y[2] = ';'", 'update a'],
  ["UPDATE a SET x['];'] = 1", 'update a'],
  // `#` is an operator, and `--` begins a comment without a blank.
  ["UPDATE a SET x = y #> '{;}'", 'update a'],
  ["UPDATE a SET x = ';' --; one", 'update a'],
])('reads SQL written for Postgres: %s', (sql, expected) => {
  expect(read(sql, 'postgres')).toBe(expected)
})
