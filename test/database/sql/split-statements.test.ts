import { expect, test } from 'vitest'
import { splitStatements } from '../../../src/database/sql/split-statements.ts'

test.each([
  ['SELECT 1', ['SELECT 1']],
  ['SELECT 1;', ['SELECT 1']],
  ['BEGIN; DELETE FROM a;COMMIT', ['BEGIN', ' DELETE FROM a', 'COMMIT']],
  // The server answers to statements only, so the parts must be as many as its answers.
  ['', []],
  [' ;; \n', []],
  ['; SELECT 1;;/* a */; -- b', [' SELECT 1']],
  // Semicolons that end no statement.
  ["SELECT ';'; SELECT 2", ["SELECT ';'", ' SELECT 2']],
  ['SELECT 1 AS "a;b"; SELECT 2', ['SELECT 1 AS "a;b"', ' SELECT 2']],
  ['SELECT 1 /* ; */; SELECT 2 -- ;', ['SELECT 1 /* ; */', ' SELECT 2 -- ;']],
])('splits %s', (sql, expected) => {
  expect(splitStatements(sql, 'postgres')).toEqual(expected)
})

test.each(["SELECT 'open; SELECT 2", 'DO $$ BEGIN; END $$', "SELECT E'\\'; SELECT 2; --'", '/* ;'])(
  'does not split ambiguous SQL: %s',
  (sql) => {
    expect(splitStatements(sql, 'postgres')).toBeUndefined()
  },
)
