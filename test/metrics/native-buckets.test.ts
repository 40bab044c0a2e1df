import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../src/metrics/histogram.ts'
import {
  addNative,
  classicCounts,
  coarser,
  NativeBuckets,
  type NativeValues,
  nativeBound,
} from '../../src/metrics/histograms/native-buckets.ts'

/** Of client_golang's `nativeHistogramBounds`, schemas 0 to 4. */
const boundsOfGo = [
  [0.5],
  [0.5, 0.7071067811865475],
  [0.5, 0.5946035575013605, 0.7071067811865475, 0.8408964152537144],
  [
    0.5, 0.5452538663326288, 0.5946035575013605, 0.6484197773255048, 0.7071067811865475,
    0.7711054127039704, 0.8408964152537144, 0.9170040432046711,
  ],
  [
    0.5, 0.5221368912137069, 0.5452538663326288, 0.5693943173783458, 0.5946035575013605,
    0.620928906036742, 0.6484197773255048, 0.6771277734684463, 0.7071067811865475,
    0.7384130729697496, 0.7711054127039704, 0.805245165974627, 0.8408964152537144,
    0.8781260801866495, 0.9170040432046711, 0.9576032806985735,
  ],
]

/** The next double above. */
function nextUp(value: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  view.setBigUint64(0, view.getBigUint64(0) + 1n)
  return view.getFloat64(0)
}

function nextDown(value: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  view.setBigUint64(0, view.getBigUint64(0) - 1n)
  return view.getFloat64(0)
}

function recorded(...values: readonly number[]): NativeBuckets {
  const buckets = new NativeBuckets()
  for (const value of values) buckets.observe(value)
  return buckets
}

/** The observations by bucket. */
function byIndex({ offset, counts }: NativeValues): Record<number, number> {
  return Object.fromEntries(
    counts.flatMap((count, at) => (count === 0 ? [] : [[offset + at, count]])),
  )
}

function total({ zeroCount, counts }: NativeValues): number {
  return counts.reduce((sum, count) => sum + count, zeroCount)
}

/** The bucket of client_golang: `Frexp`, then `SearchFloat64s`, written with powers of two. */
function indexOfGo(value: number, schema: number): number {
  let exponent = Math.floor(Math.log2(value)) + 1
  while (value / 2 ** (exponent - 1) / 2 >= 1) exponent += 1
  while (value / 2 ** (exponent - 1) / 2 < 0.5) exponent -= 1
  const fraction = value / 2 ** (exponent - 1) / 2
  if (schema > 0) {
    const bounds = boundsOfGo[schema] as readonly number[]
    const found = bounds.findIndex((bound) => bound >= fraction)
    return (found < 0 ? bounds.length : found) + (exponent - 1) * bounds.length
  }
  const key = fraction === 0.5 ? exponent - 1 : exponent
  return Math.ceil(key / 2 ** -schema)
}

const durations = fc.double({ min: 1e-9, max: 1e9, noNaN: true })

describe('buckets of new histograms', () => {
  test('contain every bound and exclude its successor, for all powers of two', () => {
    const wrong: number[] = []
    for (let exponent = -126; exponent <= 1023; exponent++) {
      for (const [position, fraction] of (boundsOfGo[4] ?? []).entries()) {
        const bound = fraction * 2 ** exponent * 2
        if (bound === Number.POSITIVE_INFINITY) continue
        const index = exponent * 16 + position
        const found = [bound, nextUp(bound), nextDown(bound)].map((value) => recorded(value).offset)
        const isRight = found.every((each, at) => each === index + (at === 1 ? 1 : 0))
        if (!isRight || nativeBound(4, index) !== bound) wrong.push(bound)
      }
    }
    expect(wrong).toEqual([])
  })

  test('put 1 into bucket 0, and the largest number into the last one', () => {
    expect(byIndex(recorded(1))).toEqual({ 0: 1 })
    expect(byIndex(recorded(Number.MAX_VALUE))).toEqual({ [1024 * 16]: 1 })
    expect(nativeBound(4, 1024 * 16)).toBe(Number.POSITIVE_INFINITY)
  })

  test('put zeros, subnormal numbers and the zero threshold into the zero bucket', () => {
    const zeros = recorded(0, -0, 5e-324, Number.MIN_VALUE, 2 ** -128)
    expect([zeros.zeroCount, byIndex(zeros)]).toEqual([5, {}])
    expect(byIndex(recorded(nextUp(2 ** -128)))).toEqual({ [-128 * 16 + 1]: 1 })
  })

  test('agree with client_golang', () => {
    fc.assert(
      fc.property(durations, (value) => {
        expect(byIndex(recorded(value))).toEqual({ [indexOfGo(value, 4)]: 1 })
      }),
    )
  })
})

describe('lower resolutions', () => {
  test('equal the buckets computed at the lower schema, for indexes of both signs', () => {
    const wrong: string[] = []
    for (let index = -2000; index <= 2000; index++) {
      const value = Math.sqrt(nativeBound(4, index) * nativeBound(4, index - 1))
      for (let schema = 3; schema >= -4; schema--) {
        const { offset } = coarser({ schema: 4, zeroCount: 0, offset: index, counts: [1] }, schema)
        if (offset !== indexOfGo(value, schema)) wrong.push(`${index} at ${schema}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('keep every observation', () => {
    fc.assert(
      fc.property(fc.array(durations), fc.integer({ min: -4, max: 3 }), (values, schema) => {
        const expected: Record<number, number> = {}
        for (const value of values) {
          const index = indexOfGo(value, schema)
          expected[index] = (expected[index] ?? 0) + 1
        }
        const fine = recorded(...values)
        fc.pre(fine.schema >= schema)
        const coarse = coarser(fine, schema)
        expect(byIndex(coarse)).toEqual(expected)
        expect(total(coarse)).toBe(values.length)
      }),
    )
  })
})

describe('at most 160 buckets', () => {
  test('halve the resolution when they are exceeded', () => {
    const buckets = new NativeBuckets()
    const values = Array.from({ length: 161 }, (_, index) => nativeBound(4, index - 80))
    for (const value of values.slice(0, 160)) buckets.observe(value)
    expect([buckets.schema, total(buckets)]).toEqual([4, 160])
    buckets.observe(values[160] as number)
    expect([buckets.schema, total(buckets)]).toEqual([3, 161])
    const expected: Record<number, number> = {}
    for (const value of values) {
      const index = indexOfGo(value, 3)
      expected[index] = (expected[index] ?? 0) + 1
    }
    expect(byIndex(buckets)).toEqual(expected)
  })

  test('hold for numbers of any size, whatever their order', () => {
    const any = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(fc.array(any, { minLength: 200, maxLength: 400 }), (values) => {
        const buckets = recorded(...values)
        expect(Object.keys(byIndex(buckets)).length).toBeLessThanOrEqual(160)
        expect(total(buckets)).toBe(values.length)
      }),
      { numRuns: 8 },
    )
  })

  test('return to the full resolution after a reset', () => {
    const histogram = new Histogram([], [], true)
    for (let index = 0; index <= 160; index++) histogram.observe(nativeBound(4, index))
    histogram.startedAt = 0
    histogram.reset()
    expect([histogram.native?.schema, histogram.count, histogram.sum]).toEqual([4, 0, 0])
    expect(total(histogram.native as NativeBuckets)).toBe(0)
    expect(histogram.startedAt).toBeGreaterThan(0)
  })
})

test('adds histograms at the lower of their resolutions', () => {
  fc.assert(
    fc.property(fc.array(durations), fc.array(durations), (one, other) => {
      const sum = addNative(coarser(recorded(...one), 2), recorded(...other))
      const expected: Record<number, number> = {}
      for (const value of [...one, ...other]) {
        const index = indexOfGo(value, sum.schema)
        expected[index] = (expected[index] ?? 0) + 1
      }
      expect(byIndex(sum)).toEqual(expected)
      expect(sum.schema).toBeLessThanOrEqual(2)
      expect(Object.keys(byIndex(sum)).length).toBeLessThanOrEqual(160)
    }),
  )
})

test('ignores observations that are not finite before any state changes', () => {
  for (const form of [false, true]) {
    const histogram = new Histogram([], [1], form)
    histogram.observe(0.5)
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(histogram.observe(value)).toBe(-1)
    }
    expect([histogram.counts, histogram.sum]).toEqual([[1, 0], 0.5])
    expect(histogram.native === undefined ? 1 : total(histogram.native)).toBe(1)
  }
})

test('converts to classic buckets within the width of a native one', () => {
  expect(classicCounts(recorded(0, 0, 1, 2, 3, 1000), [0, 1, 2, 5])).toEqual([2, 1, 1, 1, 1])
  expect(classicCounts(recorded(0.0004, 0.02, 7), [0.0005, 0.01, 0.1])).toEqual([1, 0, 1, 1])
})
