import { expect, test } from 'vitest'
import { StatementCache } from '../../../src/database/statements/statement-cache.ts'

const text = (number: number): string => `SELECT ${String(number).padStart(6, '0')}`

test('distinguishes texts of the same length', () => {
  const cache = new StatementCache<number>()
  for (let i = 0; i < 5; i++) cache.set(text(i), i)
  for (let i = 0; i < 5; i++) expect(cache.get(text(i))).toBe(i)
  expect(cache.get(text(5))).toBeUndefined()
  cache.clear()
  expect(cache.get(text(0))).toBeUndefined()
})

test('keeps texts in use while many others are added', () => {
  const cache = new StatementCache<number>()
  cache.set('in use', 1)
  cache.set('not in use', 2)
  for (let length = 0; length < 3000; length++) {
    cache.set('x'.repeat(length), length)
    expect(cache.get('in use')).toBe(1)
  }
  expect(cache.get('not in use')).toBeUndefined()
})

test('keeps the latest of many texts of the same length', () => {
  const cache = new StatementCache<number>()
  for (let i = 0; i < 400; i++) cache.set(text(i), i)
  expect(cache.get(text(399))).toBe(399)
  expect(cache.get(text(0))).toBeUndefined()
})

test('does not keep very long texts', () => {
  const cache = new StatementCache<number>()
  const book = 'x'.repeat(1e6)
  cache.set(book, 1)
  expect(cache.get(book)).toBeUndefined()
})
