import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PendingRows } from '../../../src/database/statements/pending-rows.ts'
import type { RowCounter, StatementScope } from '../../../src/database/statements/row-counters.ts'
import { SavepointStack } from '../../../src/database/statements/savepoints.ts'
import { Counter } from '../../../src/metrics/counter.ts'

function rowCounter(): RowCounter & { values(): [number, number, number] } {
  const committed = new Counter([])
  const rolledBack = new Counter([])
  const unknown = new Counter([])
  return {
    action: 'insert',
    committed,
    rolledBack,
    unknown,
    values: () => [committed.value, rolledBack.value, unknown.value],
  }
}

/** The rows that a scope has written, as text. */
function recordingScope(): StatementScope & { readonly written: string[] } {
  const written: string[] = []
  return { written, wrote: (...call) => written.push(call.join(' ')) }
}

const create = (): { rows: PendingRows; savepoints: string[] } => {
  const savepoints: string[] = []
  return { rows: new PendingRows((outcome) => savepoints.push(outcome)), savepoints }
}

test('counts no row before the outcome of its transaction', () => {
  const { rows } = create()
  const counter = rowCounter()
  rows.add(counter, 2, undefined)
  rows.add(counter, 3, undefined)
  expect(counter.values()).toEqual([0, 0, 0])
  rows.settle('commit')
  expect(counter.values()).toEqual([5, 0, 0])
  rows.settle('rollback')
  expect(counter.values()).toEqual([5, 0, 0])
})

test.each([
  ['commit', [7, 0, 0]],
  ['rollback', [0, 7, 0]],
  ['unknown', [0, 0, 7]],
] as const)(
  'counts rows of a transaction that ended in %s, and rows that settle later',
  (outcome, values) => {
    const { rows } = create()
    const counter = rowCounter()
    rows.add(counter, 3, undefined)
    expect(rows.open).toBe(true)
    rows.settle(outcome)
    rows.end(outcome)
    expect(rows.open).toBe(false)
    rows.add(counter, 4, undefined)
    expect(counter.values()).toEqual(values)
  },
)

test('rolls back to a savepoint that is the first statement of its transaction', () => {
  const { rows, savepoints } = create()
  const counter = rowCounter()
  rows.savepoint('a')
  rows.add(counter, 2, undefined)
  rows.rollbackTo('a')
  expect(counter.values()).toEqual([0, 2, 0])
  rows.add(counter, 3, undefined)
  rows.release('a')
  expect(savepoints).toEqual(['rolled_back'])
  rows.add(counter, 4, undefined)
  rows.settle('commit')
  expect(counter.values()).toEqual([7, 2, 0])
})

test('counts rows per scope and counter', () => {
  const { rows } = create()
  const [first, second] = [rowCounter(), rowCounter()]
  const [one, other] = [recordingScope(), recordingScope()]
  rows.add(first, 1, one)
  rows.add(second, 2, one)
  rows.savepoint('a')
  rows.add(first, 4, one)
  rows.add(first, 8, other)
  rows.release('a')
  rows.settle('commit')
  expect([first.values(), second.values()]).toEqual([
    [13, 0, 0],
    [2, 0, 0],
  ])
  expect(one.written).toEqual(['insert commit 5', 'insert commit 2'])
  expect(other.written).toEqual(['insert commit 8'])
})

test('reports no write of 0 rows', () => {
  const { rows } = create()
  const scope = recordingScope()
  rows.add(rowCounter(), 0, scope)
  rows.settle('commit')
  rows.end('commit')
  rows.add(rowCounter(), 0, scope)
  expect(scope.written).toEqual([])
})

test('keeps the rows of a COMMIT until its outcome is known', () => {
  const { rows, savepoints } = create()
  const [before, after] = [rowCounter(), rowCounter()]
  rows.add(before, 1, undefined)
  rows.savepoint('a')
  rows.add(before, 2, undefined)
  const count = rows.take('unknown')
  rows.add(after, 4, undefined)
  expect(before.values()).toEqual([0, 0, 0])
  count('rollback')
  rows.settle('commit')
  expect([before.values(), after.values()]).toEqual([
    [0, 3, 0],
    [4, 0, 0],
  ])
  expect(savepoints).toEqual(['released'])
})

test('counts how each savepoint ended', () => {
  const { rows, savepoints } = create()
  rows.savepoint('a')
  rows.savepoint('b')
  rows.savepoint('c')
  rows.rollbackTo('b')
  expect(savepoints).toEqual(['rolled_back'])
  rows.release('a')
  expect(savepoints).toEqual(['rolled_back', 'released', 'rolled_back'])
  rows.release('a')
  rows.rollbackTo('missing')
  rows.savepoint('d')
  rows.settle('rollback')
  expect(savepoints).toEqual(['rolled_back', 'released', 'rolled_back', 'rolled_back'])
  rows.savepoint('e')
  rows.savepoint('f')
  rows.rollbackTo('f')
  rows.settle('commit')
  expect(savepoints.slice(4)).toEqual(['released', 'rolled_back'])
  rows.settle('commit')
  expect(savepoints).toHaveLength(6)
})

test('follows savepoints without a listener for their ends', () => {
  class List {
    list: string[] = []
    absorb(upper: List): void {
      this.list.push(...upper.list)
    }
  }
  const stack = new SavepointStack(() => new List())
  stack.top.list.push('outer')
  stack.set('a')
  stack.top.list.push('inner')
  stack.release('a')
  expect(stack.top.list).toEqual(['outer', 'inner'])
  expect(stack.takeAll().map(({ list }) => list)).toEqual([['outer', 'inner']])
  expect(stack.top.list).toEqual([])
})

type Step = readonly ['add' | 'savepoint' | 'release' | 'rollbackTo' | 'settle', string]

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('add', 'add', 'savepoint', 'release', 'rollbackTo', 'settle'),
  fc.constantFrom('a', 'b', 'c'),
)

/** Each row as an object with the savepoints above it, which SQL removes one by one. */
function model(steps: readonly Step[]): [number, number] {
  const counted: [number, number] = [0, 0]
  let stack: string[] = []
  let rows: { depth: number }[] = []
  for (const [verb, name] of steps) {
    const index = stack.lastIndexOf(name)
    if (verb === 'add') rows.push({ depth: stack.length })
    else if (verb === 'savepoint') stack.push(name)
    else if (verb === 'settle') {
      counted[name === 'a' ? 0 : 1] += rows.length
      rows = []
      stack = []
    } else if (index >= 0) {
      if (verb === 'rollbackTo') {
        counted[1] += rows.filter(({ depth }) => depth > index).length
        rows = rows.filter(({ depth }) => depth <= index)
        stack = stack.slice(0, index + 1)
      } else {
        for (const row of rows) row.depth = Math.min(row.depth, index)
        stack = stack.slice(0, index)
      }
    }
  }
  return counted
}

test('counts the rows of a model, for any order of savepoints', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { rows } = create()
      const counter = rowCounter()
      for (const [verb, name] of steps) {
        if (verb === 'add') rows.add(counter, 1, undefined)
        else if (verb === 'settle') rows.settle(name === 'a' ? 'commit' : 'rollback')
        else rows[verb](name)
      }
      expect(counter.values()).toEqual([...model(steps), 0])
    }),
    { seed: 1, numRuns: 500 },
  )
})
