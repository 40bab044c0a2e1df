import { expect, test } from 'vitest'
import { unsupported } from '../../src/monitoring/detail-support.ts'

const at = (detail: 'minimal' | 'low', expr: string): string | undefined =>
  unsupported(expr, { prefix: 'prisma_', detail }, new Map())

const quantileOver = (threshold: number): string =>
  `histogram_quantile(0.95, sum by (job, le) (rate(prisma_pool_acquire_duration_seconds_bucket[5m]))) > ${threshold}`

test('requires the threshold of a quantile among the bounds of the level', () => {
  expect(at('low', quantileOver(0.1))).toBeUndefined()
  expect(at('low', quantileOver(0.3))).toBe('prisma_pool_acquire_duration_seconds has no bound 0.3')
})

test('requires a bound above the threshold of a quantile', () => {
  expect(at('low', quantileOver(0.5))).toBe(
    'prisma_pool_acquire_duration_seconds has no bound above 0.5',
  )
})

test('requires the labels that an expression groups by, and those that it selects', () => {
  const reason = 'prisma_statement_duration_seconds has no label statement'
  const count = 'prisma_statement_duration_seconds_count'
  expect(at('low', `sum(rate(${count}[5m]))`)).toBeUndefined()
  expect(at('low', `sum by (statement) (rate(${count}[5m]))`)).toBe(reason)
  expect(at('low', `sum(rate(${count}{statement="select"}[5m]))`)).toBe(reason)
})
