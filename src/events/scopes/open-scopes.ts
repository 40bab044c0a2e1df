import type { Gauge } from '../../metrics/gauge.ts'
import type { Instruments } from '../../metrics/instruments.ts'
import { secondsSince } from '../../support/elapsed.ts'
import type { ActiveScope } from './active-scope.ts'

interface ScopeGauges {
  readonly inFlight: Gauge
  readonly oldest: Gauge
}

/** The scopes that have not ended, by the name that they have now. The gauges are set at each scrape. */
export class OpenScopes {
  readonly #instruments: Instruments
  readonly #maxSeries: number
  readonly #open = new Set<ActiveScope>()
  readonly #gauges = new Map<string, ScopeGauges>()

  constructor(instruments: Instruments, maxSeries: number) {
    this.#instruments = instruments
    this.#maxSeries = maxSeries
    const refresh = (): void => this.#refresh()
    instruments.scopesInFlight.beforeCollect(refresh)
    instruments.scopeOldest.beforeCollect(refresh)
  }

  add(scope: ActiveScope): void {
    this.#open.add(scope)
  }

  delete(scope: ActiveScope): void {
    this.#open.delete(scope)
  }

  /** The gauges of a name, which this call exposes at 0. */
  ofName(name: string): ScopeGauges {
    let gauges = this.#gauges.get(name)
    if (gauges === undefined) {
      const { scopesInFlight, scopeOldest } = this.#instruments
      gauges = { inFlight: scopesInFlight.with(name), oldest: scopeOldest.with(name) }
      if (this.#gauges.size < this.#maxSeries) this.#gauges.set(name, gauges)
    }
    return gauges
  }

  #refresh(): void {
    // Several names share a gauge once maxSeries is reached.
    for (const { inFlight, oldest } of this.#gauges.values()) {
      inFlight.set(0)
      oldest.set(0)
    }
    for (const { started, name } of this.#open) {
      if (name === undefined) continue
      const { inFlight, oldest } = this.ofName(name)
      inFlight.inc()
      oldest.set(Math.max(oldest.value, secondsSince(started)))
    }
  }
}
