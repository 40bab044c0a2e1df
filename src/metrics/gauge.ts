import { Family, type Sample, type Series } from './metric-family.ts'

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

  /** Changes nothing: what is so now is still so when the records begin anew. */
  reset(): void {}
}

export class GaugeFamily extends Family<Gauge> {
  protected override create(labelValues: readonly string[]): Gauge {
    return new Gauge(labelValues)
  }

  protected override samples(series: Gauge, labels: Record<string, string>): Sample[] {
    return [{ labels, value: series.value }]
  }
}
