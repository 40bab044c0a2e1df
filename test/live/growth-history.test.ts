import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GrowthHistory } from '../../src/live/record/growth-history.ts'

test('adds up to the growth of the counter, whatever the times of the readings', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ seconds: fc.integer({ min: 1, max: 25 }), grown: fc.nat(1000) }), {
        maxLength: 40,
      }),
      (readings) => {
        const history = new GrowthHistory(10, 200, 1e6)
        let at = 0
        let value = 7
        history.begin(at)
        history.add('a', [value])
        for (const { seconds, grown } of readings) {
          at += seconds
          value += grown
          history.begin(at)
          history.add('a', [value])
        }
        expect(history.growth('a', 1e6)).toEqual({ values: [value - 7], seconds: at })
      },
    ),
  )
})

test('counts a counter that appears later from 0, and one that was reset from its new value', () => {
  const history = new GrowthHistory(10, 5, 1e6)
  history.begin(0)
  history.add('a', [10])
  history.begin(10)
  history.add('a', [4])
  history.add('b', [3])
  expect(history.growth('a', 60).values).toEqual([4])
  expect(history.growth('b', 60).values).toEqual([3])
})

test('forgets what is older than its ring, and stays within its bytes', () => {
  const history = new GrowthHistory(10, 3, 100)
  for (let at = 0; at <= 100; at += 10) {
    history.begin(at)
    history.add('a', [at])
    for (let key = 0; key < 50; key += 1) history.add(`key ${key}`, [at])
  }
  expect(history.growth('a', 60)).toEqual({ values: [30], seconds: 30 })
  expect(history.growth('a', 20)).toEqual({ values: [20], seconds: 20 })
  expect(history.bytes).toBeLessThanOrEqual(100)
})
