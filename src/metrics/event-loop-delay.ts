import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { processState } from '../support/process-state.ts'
import { processCatalogue } from './catalogue.ts'
import type { GaugeFamily } from './gauge.ts'
import { getOrRegister } from './register.ts'
import type { MetricRegistry } from './registry.ts'

/** The interval between two measurements, in milliseconds. Node counts it as part of each delay. */
const resolution = 10
/** The minimum time that the exposed values cover, in milliseconds: as long as a usual scrape interval. */
const minimumWindow = 60_000
const percentiles = [50, 90, 99, 100] as const

/**
 * Two histograms that restart alternately. The older one is read: it covers at least a minute, so every
 * scraper sees a delay, however many scrapers there are.
 */
class DelayWindows {
  #older: IntervalHistogram
  #newer: IntervalHistogram
  #newerStarted = performance.now()
  readonly #window: number

  constructor(window: number) {
    this.#window = window
    this.#older = monitorEventLoopDelay({ resolution })
    this.#newer = monitorEventLoopDelay({ resolution })
    this.#older.enable()
    this.#newer.enable()
  }

  /** The delay that this percentage of the measurements did not exceed, in seconds. */
  percentile(percentage: number): number {
    const nanoseconds = this.#older.percentile(percentage)
    return Math.max(0, nanoseconds / 1e6 - resolution) / 1000
  }

  /** Moves the window on if the newer histogram covers it. */
  advance(): void {
    const now = performance.now()
    if (now - this.#newerStarted < this.#window) return
    const restarted = this.#older
    restarted.reset()
    this.#older = this.#newer
    this.#newer = restarted
    this.#newerStarted = now
  }

  stop(): void {
    this.#older.disable()
    this.#newer.disable()
  }
}

interface Measurement {
  windows: DelayWindows | undefined
  /** Instrumentations that expose the delay, by family. */
  readonly users: Map<object, number>
}

/**
 * Exposes the delay of this process's event loop. Exposes nothing on a runtime that cannot measure it.
 * Returns the function that ends this.
 *
 * @param window the minimum time that the exposed values cover, in milliseconds. That of the first
 * instrumentation applies to all.
 * @throws {Error} if the name is taken in the registry by another metric.
 */
export function exposeEventLoopDelay(
  registry: MetricRegistry,
  prefix: string,
  window: number = minimumWindow,
): () => void {
  const measurement = processState('event-loop-delay', 1, (): Measurement => ({
    windows: undefined,
    users: new Map(),
  }))
  const { users } = measurement
  const family = getOrRegister(registry, processCatalogue.eventLoopDelay, { prefix })
  try {
    measurement.windows ??= new DelayWindows(window)
  } catch {
    return () => {}
  }
  users.set(family, (users.get(family) ?? 0) + 1)
  const stopReading = family.beforeCollect(() => read(family, measurement.windows))
  let ended = false
  return () => {
    if (ended) return
    ended = true
    stopReading()
    const others = (users.get(family) ?? 1) - 1
    if (others > 0) {
      users.set(family, others)
      return
    }
    users.delete(family)
    for (const percentage of percentiles) family.remove([String(percentage)])
    if (users.size > 0) return
    measurement.windows?.stop()
    measurement.windows = undefined
  }
}

function read(family: GaugeFamily, windows: DelayWindows | undefined): void {
  if (windows === undefined) return
  windows.advance()
  for (const percentage of percentiles)
    family.with([String(percentage)]).set(windows.percentile(percentage))
}
