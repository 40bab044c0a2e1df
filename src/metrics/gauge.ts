import { Family, type Series } from './metric-family.ts'
import type { Labels, Sample } from './samples.ts'

export class Gauge implements Series {
  readonly labelValues: readonly string[]
  labelText: string | undefined = undefined
  value = 0

  constructor(labelValues: readonly string[]) {
    this.labelValues = labelValues
  }

  set(value: number): void {
    this.value = value
  }

  inc(): void {
    this.value += 1
  }

  dec(): void {
    this.value -= 1
  }

  /** Does nothing: a reset of the records does not change the current state. */
  reset(): void {}
}

export class GaugeFamily extends Family<Gauge> {
  protected override create(labelValues: readonly string[]): Gauge {
    return new Gauge(labelValues)
  }

  protected override samples({ value }: Gauge, labels: Labels): Sample[] {
    return [{ labels, value }]
  }
}
