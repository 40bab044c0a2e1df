import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { Suppression } from '../../database/suppression.ts'
import type { GaugeFamily } from '../../metrics/gauge.ts'
import { getOrRegister } from '../../metrics/register.ts'
import type { MetricRegistry } from '../../metrics/registry.ts'
import { type Reading, readingsOf, type ResolvedGaugeDefinition } from './gauge-definition.ts'
import { codedError } from '../../support/coded-error.ts'
import { secondsSince } from '../../support/elapsed.ts'

/** The registry, client and recorders of a gauge. */
export interface GaugeSinks {
  readonly registry: MetricRegistry
  readonly client: string
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly suppression: Suppression
  readonly maxSeries: number
}

interface Occupied {
  /** The gauge that fills the family. `Symbol.for`: a hot reload loads a second copy of this module. */
  [occupantKey]?: { readonly client: string; detach(): void }
}

// The number is the version of the layout, which copies of different versions must not share.
const occupantKey = Symbol.for('prisma-prometheus.gauge.2')

/** A gauge whose value is read by a query at a scrape. */
export class QueryGauge {
  readonly #definition: ResolvedGaugeDefinition
  readonly #sinks: GaugeSinks
  /** The start of error messages. */
  readonly #subject: string
  readonly #family: GaugeFamily
  readonly #stopRefreshing: () => void
  #begunAt = Number.NEGATIVE_INFINITY
  #reading = false
  /** Resolves when the reading has settled or timed out. */
  #waiting: Promise<void> = Promise.resolve()
  #detached = false

  /**
   * Replaces a gauge of the same name and client, as a hot reload does.
   *
   * @throws {Error} if the name is taken in the registry by another metric.
   */
  constructor(definition: ResolvedGaugeDefinition, sinks: GaugeSinks) {
    this.#definition = definition
    this.#sinks = sinks
    this.#subject = `prisma-prometheus: gauge "${definition.name}"`
    const { name, help, labelNames } = definition
    const { registry, client, instruments } = sinks
    const present = registry.getSingleMetric(name) as Occupied | null | undefined
    const occupant = present?.[occupantKey]
    if (present != null && occupant?.client !== client) {
      const holder = occupant === undefined ? 'another metric' : `client "${occupant.client}"`
      throw codedError(
        'PRISMA_PROMETHEUS_METRIC_NAME_TAKEN',
        `${this.#subject}: expected a name that is free in the registry, got one that is taken by ${holder}`,
      )
    }
    this.#family = getOrRegister(
      registry,
      { name, type: 'gauge', help, labels: labelNames, aggregator: 'max' },
      { prefix: undefined },
    )
    occupant?.detach()
    Object.defineProperty(this.#family, occupantKey, {
      value: { client, detach: () => this.#detach() },
      configurable: true,
    })
    instruments.readingErrors.with(name)
    this.#stopRefreshing = this.#family.beforeCollect(() => this.#refresh())
  }

  /** Removes the gauge from the registry, which frees its name. */
  remove(): void {
    if (this.#detached) return
    this.#detach()
    this.#sinks.registry.removeSingleMetric?.(this.#definition.name)
  }

  /** Stops reading and removes the series; the family stays in the registry. */
  #detach(): void {
    if (this.#detached) return
    this.#detached = true
    this.#stopRefreshing()
    this.#apply([])
  }

  async #refresh(): Promise<void> {
    const { refreshSeconds } = this.#definition
    if (!this.#reading && secondsSince(this.#begunAt) >= refreshSeconds) this.#begin()
    await this.#waiting
  }

  #begin(): void {
    const { timeoutSeconds } = this.#definition
    this.#reading = true
    this.#begunAt = performance.now()
    const reading = { late: false }
    this.#waiting = new Promise((resolve) => {
      const timer = setTimeout(() => {
        reading.late = true
        this.#failed(
          codedError(
            'PRISMA_PROMETHEUS_COLLECT_TIMEOUT',
            `${this.#subject}: expected read() to settle in ${timeoutSeconds} s`,
          ),
        )
        resolve()
      }, timeoutSeconds * 1000)
      // A hanging reading must not keep the process alive.
      timer.unref()
      void this.#read(reading).finally(() => {
        clearTimeout(timer)
        this.#reading = false
        resolve()
      })
    })
  }

  async #read(state: { readonly late: boolean }): Promise<void> {
    const { name, counted, read } = this.#definition
    const { instruments, suppression, maxSeries, errorReporter } = this.#sinks
    // A Prisma promise starts its query when it is awaited, so it is awaited inside the suppression.
    const reading = async (): Promise<unknown> => await read()
    try {
      const readings = readingsOf(
        this.#definition,
        await (counted ? reading() : suppression.run(reading)),
      )
      if (readings.length > maxSeries)
        instruments.seriesDropped.with(name).inc(readings.length - maxSeries)
      if (!this.#detached) this.#apply(readings.slice(0, maxSeries))
      instruments.readingLastSuccess.with(name).set(Date.now() / 1000)
    } catch (error) {
      const failure = codedError(
        'PRISMA_PROMETHEUS_READING_FAILED',
        `${this.#subject}: read() failed: ${messageOf(error)}`,
        { cause: error },
      )
      if (state.late) errorReporter.notify(failure)
      else this.#failed(failure)
    }
  }

  #failed(error: unknown): void {
    this.#sinks.instruments.readingErrors.with(this.#definition.name).inc()
    this.#sinks.errorReporter.notify(error)
  }

  #apply(readings: readonly Reading[]): void {
    const stale = new Set(this.#family.series())
    for (const [labelValues, value] of readings) {
      const series = this.#family.with(labelValues)
      series.set(value)
      stale.delete(series)
    }
    for (const { labelValues } of stale) this.#family.remove(labelValues)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
