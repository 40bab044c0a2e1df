import { aggregate } from '../collect/aggregate.ts'
import type { MetricFamily } from '../collect/metric-family.ts'

const cumulativeTypes: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary'])

/** Whether the values only grow, so that they stay in the sum when their worker has exited. */
export function isCumulative({ type, aggregator }: MetricFamily): boolean {
  return cumulativeTypes.has(type) && (aggregator === 'sum' || aggregator === '')
}

/** The quantiles of a summary describe the present; its sum and its count only grow. */
function withoutQuantiles(family: MetricFamily): MetricFamily {
  if (family.type !== 'summary') return family
  return { ...family, values: family.values.filter(({ metricName }) => metricName !== undefined) }
}

/** The last reported families of one worker. */
export class WorkerSnapshot {
  readonly #families = new Map<string, MetricFamily>()

  /**
   * Replaces all families. The counts of a missing one (its collector failed) stay: otherwise the sum
   * would decrease, which Prometheus takes for a restart.
   */
  replace(families: readonly MetricFamily[]): void {
    const counted = this.cumulative
    this.#families.clear()
    this.update(counted)
    this.update(families)
  }

  /** Replaces these families. */
  update(families: readonly MetricFamily[]): void {
    for (const family of families) this.#families.set(family.name, family)
  }

  get families(): MetricFamily[] {
    return [...this.#families.values()]
  }

  get cumulative(): MetricFamily[] {
    return this.families.filter(isCumulative).map(withoutQuantiles)
  }
}

/** The counts of all exited workers, by name and signature. */
export class ExitedWorkers {
  readonly #families = new Map<string, MetricFamily>()

  add(snapshot: WorkerSnapshot): void {
    for (const family of snapshot.cumulative) {
      const key = `${family.name} ${family.signature}`
      const before = this.#families.get(key)
      this.#families.set(key, before === undefined ? family : aggregate([before, family]))
    }
  }

  get families(): MetricFamily[] {
    return [...this.#families.values()]
  }
}
