import type { Counter } from '../../metrics/counter.ts'
import type { Family, Series } from '../../metrics/metric-family.ts'
import type { Gauge } from '../../metrics/gauge.ts'
import type { Histogram } from '../../metrics/histogram.ts'
import type { FamilyData, Labels, SampleData } from './metric-family.ts'

/** One of our own families as other metrics answer: for what has to be combined or sent away. */
export function familyAsData(family: Family<Series>): FamilyData {
  const { declaredName: name, help, type, aggregator } = family
  const values =
    type === 'histogram'
      ? Array.from((family as Family<Histogram>).series(), (series) =>
          histogramSamples(name, labelsOf(family, series), series),
        ).flat()
      : Array.from((family as Family<Counter | Gauge>).series(), (series) => ({
          labels: labelsOf(family, series),
          value: series.value,
        }))
  return { name, help, type, aggregator, values }
}

function histogramSamples(
  name: string,
  sharedLabels: Labels,
  { counts, bounds, sum, exemplars }: Histogram,
): SampleData[] {
  const samples: SampleData[] = []
  let count = 0
  for (let index = 0; index < counts.length; index++) {
    count += counts[index] as number
    const labels = { le: bounds[index] ?? '+Inf' }
    const exemplar = exemplars?.[index]
    samples.push({
      labels,
      sharedLabels,
      value: count,
      metricName: `${name}_bucket`,
      exemplar: exemplar === undefined ? null : { ...exemplar, labelSet: exemplar.labels },
    })
  }
  samples.push({ labels: {}, sharedLabels, value: sum, metricName: `${name}_sum` })
  samples.push({ labels: {}, sharedLabels, value: count, metricName: `${name}_count` })
  return samples
}

function labelsOf({ labelNames }: Family<Series>, { labelValues }: Series): Labels {
  return Object.fromEntries(labelNames.map((name, index) => [name, labelValues[index]]))
}
