import type { Labels, Sample } from '../../metrics/samples.ts'
import { codedError } from '../../support/coded-error.ts'
import { keyOfLabels, type SampleStream } from './metric-family.ts'

/** Admits each series of a metric once: readers refuse repeated ones. */
export class UniqueSeries {
  readonly #name: string
  readonly #seen = new Set<string>()
  #problem: Error | undefined

  constructor(name: string) {
    this.#name = name
  }

  /** The error of the first repeated series. */
  get problem(): Error | undefined {
    return this.#problem
  }

  /** Returns false for a series that was admitted before. */
  admits(labels: Labels, metricName: string = this.#name): boolean {
    const series = keyOfLabels(labels)
    const key = `${metricName} ${series}`
    if (!this.#seen.has(key)) {
      this.#seen.add(key)
      return true
    }
    this.#problem ??= codedError(
      'PRISMA_PROMETHEUS_INVALID_METRIC',
      `prisma-prometheus: metric "${this.#name}": expected each series once, got ${metricName} with labels ${series} again; the later value is left out`,
    )
    return false
  }
}

/**
 * The stream without samples of a series that it has already returned.
 *
 * @param mayRepeat whether another sample may have the labels of this one; default: any may
 */
export function withoutRepeats(
  stream: SampleStream,
  registryLabels: Labels,
  mayRepeat: (sample: Sample) => boolean = () => true,
): SampleStream {
  const unique = new UniqueSeries(stream.name)
  return { ...stream, values: read(), problem: () => stream.problem?.() ?? unique.problem }

  function* read(): Generator<Sample> {
    for (const sample of stream.values) {
      const { labels, sharedLabels, metricName } = sample
      const isAdmitted =
        !mayRepeat(sample) ||
        unique.admits({ ...registryLabels, ...labels, ...sharedLabels }, metricName)
      if (isAdmitted) yield sample
    }
  }
}

/**
 * Whether a series of prom-client may have the labels of another one: the libraries identify a
 * series by the text of its labels, but ignore undefined and null, which are written as a text too.
 */
export function hasMissingText(labels: Labels): boolean {
  for (const name in labels) {
    const value = labels[name]
    if (value === 'undefined' || value === 'null') return true
  }
  return false
}
