import { expect as jestExpect } from 'expect'
import { Counter, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { metricMatchers, type MetricMatchers, snapshot } from '../../src/testing/index.ts'

declare module 'expect' {
  interface Matchers<R> extends MetricMatchers<Promise<R>> {}
}

test('adds the matchers to Jest', async () => {
  jestExpect.extend(metricMatchers)
  const registry = new Registry()
  const orders = new Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] })
  const before = await snapshot(registry)
  orders.inc(2)

  await jestExpect(before).toHaveIncremented('orders_total', {}, 2)
  await jestExpect(before).not.toHaveIncremented('orders_total', {}, 1)
  await expect(jestExpect(before).toHaveIncremented('orders_total', {}, 1)).rejects.toThrow(
    'expected orders_total to grow by 1, got 2; changed:\n  orders_total 0 → 2',
  )
  await expect(jestExpect(before).not.toHaveIncremented('orders_total')).rejects.toThrow(
    'expected orders_total not to grow, got 2',
  )
})
