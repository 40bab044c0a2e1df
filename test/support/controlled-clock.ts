import type { Registry } from 'prom-client'
import { afterEach, beforeEach, vi } from 'vitest'

/**
 * Stops `performance.now()` in the tests of a file, and returns a function that blocks the event loop for
 * some milliseconds. Only these blocks take time: a busy machine must not add any.
 */
export function controlledClock(): (milliseconds: number) => void {
  let clock = 0
  beforeEach(() => {
    clock = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => clock)
  })
  afterEach(() => vi.restoreAllMocks())
  return (milliseconds) => {
    clock += milliseconds
  }
}

/** Blocked milliseconds by scope. */
export async function blockedBy(registry: Registry): Promise<Record<string, number>> {
  const metric = await registry
    .getSingleMetric('prisma_scope_event_loop_blocked_seconds_total')
    ?.get()
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels, value }) => [
      String(labels['scope']),
      Math.round(value * 1000),
    ]),
  )
}
