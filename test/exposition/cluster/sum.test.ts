import { expect, test } from 'vitest'
import { sumOf } from '../../../src/exposition/cluster/sum.ts'
import type { MetricFamily } from '../../../src/exposition/collect/metric-family.ts'

function family(
  name: string,
  values: Readonly<Record<string, number>>,
  { signature = 'counter', aggregator = 'sum' } = {},
): MetricFamily {
  return {
    name,
    help: `The ${name}.`,
    type: 'counter',
    aggregator,
    signature,
    values: Object.entries(values).map(([model, value]) => ({ labels: { model }, value })),
  }
}

const none = { own: [], workers: [], exited: [] }
const valuesOf = ({ values }: MetricFamily): Record<string, number> =>
  Object.fromEntries(values.map(({ labels, value }) => [String(labels['model']), value]))

test('adds the series of this process, of its workers and of exited ones', async () => {
  const { families, conflicts } = await sumOf({
    own: [family('a', { User: 1 }), family('only_own', { User: 2 })],
    workers: [
      [family('a', { User: 10, Post: 20 })],
      [family('a', { User: 100 }), family('only_worker', { User: 3 })],
    ],
    exited: [family('a', { Post: 1000 }), family('only_exited', { User: 4 })],
  })
  expect(conflicts).toEqual([])
  expect(families.map((each) => [each.name, valuesOf(each)])).toEqual([
    ['a', { User: 111, Post: 1020 }],
    ['only_own', { User: 2 }],
    ['only_worker', { User: 3 }],
    ['only_exited', { User: 4 }],
  ])
  expect(await sumOf(none)).toEqual({ families: [], conflicts: [] })
})

test('omits families that no sum makes sense for', async () => {
  const omitted = family('a', { User: 1 }, { aggregator: 'omit' })
  const { families } = await sumOf({ ...none, own: [omitted, family('b', { User: 2 })] })
  expect(families.map(({ name }) => name)).toEqual(['b'])
})

const old = { signature: 'old' }

test.each([
  ['the oldest worker', { own: {}, first: old, second: {}, exited: {} }, { Post: 2 }],
  ['all but one', { own: {}, first: {}, second: old, exited: {} }, { User: 1, Post: 2, Exit: 8 }],
] as const)(
  'exposes the signature of the oldest worker, of %s',
  async (_, signatures, expected) => {
    const { families, conflicts } = await sumOf({
      own: [family('a', { User: 1 }, signatures.own)],
      workers: [
        [family('a', { Post: 2 }, signatures.first)],
        [family('a', { Alert: 4 }, signatures.second)],
      ],
      exited: [family('a', { Exit: 8 }, signatures.exited)],
    })
    expect(families.map(valuesOf)).toEqual([expected])
    expect(conflicts.map(({ name }) => name)).toEqual(['a'])
  },
)

test('exposes the signature of this process rather than that of exited workers', async () => {
  const { families, conflicts } = await sumOf({
    own: [family('a', { User: 1 })],
    workers: [],
    exited: [family('a', { User: 2 }, old), family('b', { User: 4 }, old)],
  })
  expect(families.map(valuesOf)).toEqual([{ User: 1 }, { User: 4 }])
  expect(conflicts).toEqual([{ name: 'a', error: expect.any(Error) }])
  const [conflict] = conflicts
  expect(conflict?.error).toMatchObject({
    code: 'PRISMA_PROMETHEUS_METRIC_CONFLICT',
    message:
      'prisma-prometheus: workers: metric "a": expected all workers to have counter, got old too, which is left out of the sum',
  })
})

test('yields to the event loop while it adds many series', async () => {
  const many = Object.fromEntries(Array.from({ length: 8000 }, (_, at) => [`m${at}`, 1]))
  const workers = Array.from({ length: 3 }, () => [family('a', many)])
  const state = { iterations: 0, running: true }
  const iterate = (): void => {
    state.iterations += 1
    if (state.running) setImmediate(iterate)
  }
  setImmediate(iterate)
  const { families } = await sumOf({ ...none, workers })
  state.running = false
  // The first yield is before the first family.
  expect(state.iterations).toBeGreaterThan(2)
  expect(families[0]?.values).toHaveLength(8000)
  expect(families[0]?.values.every(({ value }) => value === 3)).toBe(true)
})
