import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/index.ts'

test('keeps series apart whose label values are one text when joined', async () => {
  const registry = new Registry()
  const clients = { a: 'bc', ab: 'c', '1:a': 'x', '1': ':ax' }
  for (const [client, scope] of Object.entries(clients)) {
    await prismaMetrics({ registry, client }).scope(scope, async () => undefined)
  }
  const counts = /^prisma_scope_duration_seconds_count\{.*outcome="ok"\} .*$/gm
  const series = Object.entries(clients).map(
    ([client, scope]) =>
      `prisma_scope_duration_seconds_count{client="${client}",scope="${scope}",outcome="ok"} 1`,
  )
  expect((await registry.metrics()).match(counts)?.toSorted()).toEqual(series.toSorted())
})
