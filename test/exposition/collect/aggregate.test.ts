import { expect, test } from 'vitest'
import { aggregate, aggregateInSteps } from '../../../src/exposition/collect/aggregate.ts'
import type { MetricFamily } from '../../../src/exposition/collect/metric-family.ts'
import type { Labels, Sample } from '../../../src/metrics/samples.ts'

function family(
  values: readonly Sample[],
  { type = 'counter', aggregator = 'sum' }: { type?: string; aggregator?: string } = {},
): MetricFamily {
  return { name: 'm', help: 'h', type, aggregator, signature: type, values }
}

const counter = (value: number, more: Partial<Sample> = {}): Sample => ({
  labels: { model: 'User' },
  value,
  ...more,
})

/** The only sample of the sum of two. */
function sumOfTwo(first: Partial<Sample>, second: Partial<Sample>): Sample | undefined {
  const [sum, ...others] = aggregate([
    family([counter(1, first)]),
    family([counter(2, second)]),
  ]).values
  expect(others).toEqual([])
  return sum
}

test('returns a family alone as it is', () => {
  const alone = family([counter(1, { exemplar: null })])
  expect(aggregate([alone])).toBe(alone)
})

test('adds the values of a series, and keeps those of others', () => {
  const { values, ...rest } = aggregate([
    family([counter(1), { labels: { model: 'Post' }, value: 10 }]),
    family([{ labels: { model: 'Tag' }, value: 100 }, counter(2)]),
    family([counter(4)]),
  ])
  expect(rest).toEqual({
    name: 'm',
    help: 'h',
    type: 'counter',
    aggregator: 'sum',
    signature: 'counter',
  })
  expect(values).toEqual([
    { labels: { model: 'User' }, value: 7, rest: 0, exemplar: null },
    { labels: { model: 'Post' }, value: 10, rest: 0, exemplar: null },
    { labels: { model: 'Tag' }, value: 100, rest: 0, exemplar: null },
  ])
})

test.each([
  ['first', 3],
  ['omit', 3],
  ['min', 1],
  ['max', 5],
  ['average', 3],
])('combines gauges by the aggregator %s', (aggregator, expected) => {
  const [first, ...others] = [3, 1, 5].map((value) =>
    family([{ labels: {}, value }], { type: 'gauge', aggregator }),
  )
  if (first === undefined) throw new Error('expected a family')
  expect(aggregate([first, ...others]).values).toEqual([
    { labels: {}, value: expected, exemplar: null },
  ])
})

test('leaves quantiles of summaries out, and adds their counts', () => {
  const summary = (value: number): MetricFamily =>
    family(
      [
        { labels: { quantile: 0.5 }, value },
        { labels: {}, metricName: 'm_sum', value },
        { labels: {}, metricName: 'm_count', value: 1 },
      ],
      { type: 'summary' },
    )
  const { values } = aggregate([summary(2), summary(3)])
  expect(values.map(({ metricName, value }) => [metricName, value])).toEqual([
    ['m_sum', 5],
    ['m_count', 2],
  ])
  // Only summaries have quantiles.
  const named = family([{ labels: {}, value: 1 }], { type: 'histogram' })
  expect(aggregate([named, named]).values.map(({ value }) => value)).toEqual([2])
})

/** The samples of one histogram series. */
function histogram(labels: Labels, counts: readonly number[], isShared: boolean): Sample[] {
  const of = (own: Labels): Pick<Sample, 'labels' | 'sharedLabels'> =>
    isShared ? { labels: own, sharedLabels: labels } : { labels: { ...labels, ...own } }
  return [
    ...[1, 2, '+Inf'].map((le, index) => ({
      ...of({ le }),
      metricName: 'm_bucket',
      value: counts[index] ?? 0,
    })),
    { ...of({}), metricName: 'm_sum', value: 10 },
    { ...of({}), metricName: 'm_count', value: counts.at(-1) ?? 0 },
  ]
}

test.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('adds histograms bucket by bucket (labels shared by reference: %s and %s)', (one, other) => {
  const [a, b] = [{ model: 'User' }, { model: 'Post' }]
  const { values } = aggregate([
    family([...histogram(a, [1, 2, 3], one), ...histogram(b, [4, 5, 6], one)], {
      type: 'histogram',
    }),
    family([...histogram(b, [10, 20, 30], other), ...histogram(a, [100, 200, 300], other)], {
      type: 'histogram',
    }),
  ])
  const seen = values.map(({ labels, sharedLabels, metricName, value }) => {
    const { model, le } = { ...sharedLabels, ...labels }
    return [model, metricName, le, value]
  })
  const expected = (model: string, counts: readonly number[]): unknown[] => [
    [model, 'm_bucket', 1, counts[0]],
    [model, 'm_bucket', 2, counts[1]],
    [model, 'm_bucket', '+Inf', counts[2]],
    [model, 'm_sum', undefined, 20],
    [model, 'm_count', undefined, counts[2]],
  ]
  expect(seen).toEqual([...expected('User', [101, 202, 303]), ...expected('Post', [14, 25, 36])])
})

test('distinguishes series that share labels and have labels of their own', () => {
  const sharedLabels = { model: 'User' }
  const samples = [
    { labels: { le: 1, zone: 'a' }, sharedLabels, value: 1 },
    { labels: { le: 1, zone: 'b' }, sharedLabels, value: 2 },
    { labels: { le: 1 }, sharedLabels, value: 4 },
    { labels: { le: 2 }, sharedLabels, value: 8 },
    { labels: { le: 1, zone: 'c' }, sharedLabels, value: 16 },
    { labels: { zone: 'd' }, sharedLabels, value: 32 },
    { labels: { zone: 'e' }, sharedLabels, value: 64 },
  ]
  const { values } = aggregate([family(samples), family(samples)])
  expect(values.map(({ labels, value }) => [labels['zone'], labels['le'], value])).toEqual([
    ['a', 1, 2],
    ['b', 1, 4],
    [undefined, 1, 8],
    [undefined, 2, 16],
    ['c', 1, 32],
    ['d', undefined, 64],
    ['e', undefined, 128],
  ])
})

test('adds series without labels', () => {
  const { values } = aggregate([
    family([{ labels: {}, value: 1 }]),
    family([{ labels: {}, value: 2 }]),
  ])
  expect(values.map(({ value }) => value)).toEqual([3])
})

const exemplar = (value: number, timestamp?: number) => ({
  labelSet: { trace_id: String(value) },
  value,
  ...(timestamp !== undefined && { timestamp }),
})

test.each([
  ['the newer one', exemplar(1, 10), exemplar(2, 20), 2],
  ['the newer one, if it comes first', exemplar(1, 20), exemplar(2, 10), 1],
  ['the first of equal ones', exemplar(1, 10), exemplar(2, 10), 1],
  ['the one with a time', exemplar(1), exemplar(2, 0), 2],
  ['the one with a time, if it comes first', exemplar(1, 0), exemplar(2), 1],
  ['the only one', null, exemplar(2, 10), 2],
  ['the only one, if it comes first', exemplar(1, 10), null, 1],
  ['the only one, without a time', exemplar(1), null, 1],
  ['no exemplar, if both are missing', null, null, undefined],
] as const)('keeps %s of two exemplars', (_, first, second, expected) => {
  expect(sumOfTwo({ exemplar: first }, { exemplar: second })?.exemplar?.value).toBe(expected)
  expect(sumOfTwo({}, {})?.exemplar).toBeNull()
})

test.each([
  [1000, 2000, 1000],
  [2000, 1000, 1000],
  [undefined, 2000, 2000],
  [1000, undefined, 1000],
])('starts when the first of its parts was created: %s, %s', (first, second, expected) => {
  const started = (startedAt: number | undefined): Partial<Sample> =>
    startedAt === undefined ? {} : { startedAt }
  expect(sumOfTwo(started(first), started(second))?.startedAt).toBe(expected)
})

test('has no start and no native buckets if no part has them', () => {
  const sum = sumOfTwo({}, {})
  expect(sum).not.toHaveProperty('startedAt')
  expect(sum).not.toHaveProperty('native')
})

test('adds native buckets', () => {
  const native = (...counts: number[]) => ({ schema: 3, zeroCount: 1, offset: 0, counts })
  expect(sumOfTwo({ native: native(1, 2) }, { native: native(10, 20) })?.native).toEqual({
    schema: 3,
    zeroCount: 2,
    offset: 0,
    counts: [11, 22],
  })
  expect(sumOfTwo({ native: native(1) }, {})?.native).toEqual(native(1))
  expect(sumOfTwo({}, { native: native(1) })?.native).toEqual(native(1))
})

test('gives the same sum in every order and grouping, and keeps the rest of its rounding', () => {
  const values = [0.1, 0.2, 0.3, 1e16, 1, -1e16, 0.7]
  const of = (value: number, rest = 0): MetricFamily => family([counter(value, { rest })])
  const sum = (...parts: MetricFamily[]): Sample => {
    const [first, ...others] = parts
    if (first === undefined) throw new Error('expected a family')
    return aggregate([first, ...others]).values[0] as Sample
  }
  const whole = sum(...values.map((value) => of(value)))
  expect(whole.value).toBeCloseTo(2.3, 12)
  expect(sum(...values.toReversed().map((value) => of(value))).value).toBe(whole.value)
  const [first, second] = [values.slice(0, 4), values.slice(4)].map((part) =>
    sum(...part.map((value) => of(value))),
  )
  expect(first?.rest).not.toBe(0)
  const parts = [first, second].map((part) => of(part?.value ?? 0, part?.rest))
  expect(sum(...parts).value).toBe(whole.value)
  expect(sum(of(1e16), of(1)).value + (sum(of(1e16), of(1)).rest ?? 0)).toBe(1e16)
  expect(sum(of(1e16), of(1)).rest).toBe(1)
  expect(sum(of(1), of(1e16)).rest).toBe(1)
})

test('adds infinities and NaN without a rest', () => {
  const sum = (a: number, b: number) =>
    aggregate([family([counter(a)]), family([counter(b)])]).values[0]
  expect(sum(Infinity, 1)).toMatchObject({ value: Infinity, rest: 0 })
  expect(sum(1, -Infinity)).toMatchObject({ value: -Infinity, rest: 0 })
  expect(sum(Infinity, -Infinity)).toMatchObject({ value: Number.NaN, rest: 0 })
})

test('pauses after every 500 samples, and never for a few', () => {
  const many = family(
    Array.from({ length: 2000 }, (_, index) => ({ labels: { index }, value: index })),
  )
  const pausesOf = (families: readonly [MetricFamily, ...MetricFamily[]]): number => {
    const steps = aggregateInSteps(families)
    let pauses = 0
    while (steps.next().done !== true) pauses += 1
    return pauses
  }
  // Four while it reads each family, four while it adds.
  expect(pausesOf([many, many])).toBe(12)
  expect(pausesOf([family([counter(1)]), family([counter(2)])])).toBe(0)
  expect(aggregate([many, many]).values).toHaveLength(2000)
})
