import { Family, type Sample, type Series } from './metric-family.ts'

export class Counter implements Series {
  readonly labelValues: readonly string[]
  labelText: string | undefined = undefined
  value = 0

  constructor(labelValues: readonly string[]) {
    this.labelValues = labelValues
  }

  inc(by = 1): void {
    this.value += by
  }

  reset(): void {
    this.value = 0
  }
}

export class CounterFamily extends Family<Counter> {
  protected override create(labelValues: readonly string[]): Counter {
    return new Counter(labelValues)
  }

  protected override samples(series: Counter, labels: Record<string, string>): Sample[] {
    return [{ labels, value: series.value }]
  }
}
