import { expect, test } from 'vitest'
import { rawSql } from '../../../src/database/sql/raw-sql.ts'

test.each([
  ['$queryRawUnsafe', ['SELECT $1', 1], 'SELECT $1'],
  ['$queryRaw', { sql: 'SELECT ?', values: [1] }, 'SELECT ?'],
])('returns the text of %s', (_operation, args, expected) => {
  expect(rawSql(args)).toBe(expected)
})

test.each([
  ['missing arguments', undefined],
  ['null', null],
  ['an empty list', []],
  ['a list that begins with a number', [1, 'SELECT 1']],
  ['an object without SQL', { values: [1] }],
  ['an object whose SQL is not a text', { sql: ['SELECT 1'] }],
])('finds no text in %s', (_name, args) => {
  expect(rawSql(args)).toBeUndefined()
})
