import type { Labels, Sample } from '../../metrics/samples.ts'
import { codedError } from '../../support/coded-error.ts'
import { keyOfLabels, type SampleStream } from './metric-family.ts'

/** The stream without samples of a series that it has already returned: readers refuse them. */
export function withoutRepeats(stream: SampleStream, registryLabels: Labels): SampleStream {
  let repeat: Error | undefined
  return { ...stream, values: read(), problem: () => stream.problem?.() ?? repeat }

  function* read(): Generator<Sample> {
    const seen = new Set<string>()
    for (const sample of stream.values) {
      const { labels, sharedLabels, metricName = stream.name } = sample
      const series = keyOfLabels({ ...registryLabels, ...labels, ...sharedLabels })
      const key = `${metricName} ${series}`
      if (seen.has(key)) {
        repeat ??= codedError(
          'PRISMA_PROMETHEUS_INVALID_METRIC',
          `prisma-prometheus: metric "${stream.name}": expected each series once, got ${metricName} with labels ${series} again; the later value is left out`,
        )
        continue
      }
      seen.add(key)
      yield sample
    }
  }
}
