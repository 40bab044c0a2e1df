import { Family, type Series } from './metric-family.ts'
import type { Labels, Sample } from './samples.ts'

export class Counter implements Series {
  readonly labelValues: readonly string[]
  labelText: string | undefined = undefined
  /** When the series was created or last reset: Unix time in milliseconds. */
  startedAt: number = Date.now()
  value = 0

  constructor(labelValues: readonly string[]) {
    this.labelValues = labelValues
  }

  inc(by = 1): void {
    this.value += by
  }

  reset(): void {
    this.value = 0
    this.startedAt = Date.now()
  }
}

export class CounterFamily extends Family<Counter> {
  protected override create(labelValues: readonly string[]): Counter {
    return new Counter(labelValues)
  }

  protected override samples({ value, startedAt }: Counter, labels: Labels): Sample[] {
    return [{ labels, value, startedAt }]
  }
}
