import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import type { Suppression } from '../../database/suppression.ts'
import type { GaugeFamily } from '../../metrics/gauge.ts'
import { getOrRegister } from '../../metrics/register.ts'
import type { MetricRegistry } from '../../metrics/registry.ts'
import { type Reading, readingsOf, type ResolvedGaugeDefinition } from './gauge-definition.ts'
import { codedError } from '../../support/coded-error.ts'

/** What gauges are registered, read and recorded with. */
export interface GaugeSinks {
  readonly registry: MetricRegistry
  readonly client: string
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly suppression: Suppression
  readonly maxSeries: number
}

interface Occupied {
  /** The gauge that fills the family. Symbol.for: a hot reload brings a second copy of this module. */
  [occupantKey]?: { readonly client: string; remove(): void }
}

const occupantKey = Symbol.for('prisma-prometheus.gauge')

/** A gauge whose readings are queries, taken when somebody scrapes. */
export class QueryGauge {
  readonly #definition: ResolvedGaugeDefinition
  readonly #sinks: GaugeSinks
  /** What errors begin with. */
  readonly #subject: string
  readonly #family: GaugeFamily
  readonly #off: () => void
  #begunAt = Number.NEGATIVE_INFINITY
  #reading = false
  /** Settles when the reading has, or when it is not waited for any longer. */
  #waiting: Promise<void> = Promise.resolve()
  #removed = false

  /**
   * @throws {Error} where the name is taken in the registry by another metric. A gauge of the same
   * client is replaced: that is what a hot reload does.
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
      { prefix: undefined, durationBuckets: [] },
    )
    occupant?.remove()
    Object.defineProperty(this.#family, occupantKey, {
      value: { client, remove: () => this.remove() },
      configurable: true,
    })
    instruments.readingErrors.with(name)
    this.#off = this.#family.beforeCollect(() => this.#refresh())
  }

  /** Takes its series out of the scrape. */
  remove(): void {
    if (this.#removed) return
    this.#removed = true
    this.#off()
    this.#apply([])
  }

  async #refresh(): Promise<void> {
    const { refreshSeconds } = this.#definition
    if (!this.#reading && performance.now() - this.#begunAt >= refreshSeconds * 1000) this.#begin()
    await this.#waiting
  }

  #begin(): void {
    const { timeoutSeconds } = this.#definition
    this.#reading = true
    this.#begunAt = performance.now()
    const flight = { late: false }
    this.#waiting = new Promise((resolve) => {
      const timer = setTimeout(() => {
        flight.late = true
        this.#failed(
          codedError(
            'PRISMA_PROMETHEUS_COLLECT_TIMEOUT',
            `${this.#subject}: expected read() to settle in ${timeoutSeconds} s`,
          ),
        )
        resolve()
      }, timeoutSeconds * 1000)
      // A process that has done its work need not wait for a reading that hangs.
      timer.unref()
      void this.#read(flight).finally(() => {
        clearTimeout(timer)
        this.#reading = false
        resolve()
      })
    })
  }

  async #read(flight: { readonly late: boolean }): Promise<void> {
    const { name, counted, read } = this.#definition
    const { instruments, suppression, maxSeries, errorReporter } = this.#sinks
    // Awaited inside: a Prisma promise begins where it is awaited.
    const reading = async (): Promise<unknown> => await read()
    try {
      const readings = readingsOf(
        this.#definition,
        await (counted ? reading() : suppression.run(reading)),
      )
      if (readings.length > maxSeries)
        instruments.seriesDropped.with(name).inc(readings.length - maxSeries)
      if (!this.#removed) this.#apply(readings.slice(0, maxSeries))
      instruments.readingLastSuccess.with(name).set(Date.now() / 1000)
    } catch (error) {
      if (flight.late) errorReporter.tell(error)
      else this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#sinks.instruments.readingErrors.with(this.#definition.name).inc()
    this.#sinks.errorReporter.tell(error)
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
