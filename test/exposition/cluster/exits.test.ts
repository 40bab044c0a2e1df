import cluster from 'node:cluster'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exposeMetrics } from '../../../src/index.ts'
import { heapInUse } from '../../support/heap.ts'

test('keeps nothing of workers that have exited without a report', async () => {
  exposeMetrics(undefined, { registry: new Registry(), workers: 'cluster' })
  // Ids of one length, so that both measurements see the same objects.
  const exit = (from: number, workers: number): void => {
    for (let id = from; id < from + workers; id++) cluster.emit('disconnect', { id })
  }
  exit(1_000_000, 10_000)
  const before = await heapInUse()
  // In batches: a WeakSet frees its table when it grows next.
  for (let batch = 0; batch < 20; batch++) {
    exit(2_000_000 + 10_000 * batch, 10_000)
    await heapInUse()
  }
  expect((await heapInUse()) - before).toBeLessThan(2_000_000)
})
