import { asRead, type Model, type ModelFamily } from './model.ts'
import type { ParsedExemplar, ParsedFamily, ParsedSample } from './python-parsers.ts'

type Format = 'text' | 'openmetrics' | 'protobuf'

/** What the Python client, or protobufjs, should read of a model, worked out from the recordings alone. */
export function expectedFamilies(model: Model, format: Format): ParsedFamily[] {
  return model.families.map((family) => {
    const isTotal = family.name.endsWith('_total')
    const isCounter = family.type === 'counter' && format !== 'protobuf'
    // Without `_total` a counter is none in OpenMetrics; the text parser puts one on.
    const type = isCounter && !isTotal && format === 'openmetrics' ? 'unknown' : family.type
    return {
      name: isCounter && isTotal ? family.name.slice(0, -'_total'.length) : family.name,
      type,
      help: asRead(family.help),
      samples:
        family.type === 'counter' && !isTotal && format === 'text'
          ? samplesOf(family, `${family.name}_total`, model, format)
          : samplesOf(family, family.name, model, format),
    }
  })
}

function samplesOf(
  family: ModelFamily,
  name: string,
  model: Model,
  format: Format,
): ParsedSample[] {
  const labelsOf = ({ labelValues }: { readonly labelValues: readonly string[] }): Labels => {
    const own = family.labelNames.map((label, index) => [label, asRead(labelValues[index] ?? '')])
    const others = Object.entries(model.defaultLabels)
      .filter(([label]) => !family.labelNames.includes(label))
      .map(([label, value]) => [label, asRead(value)])
    return Object.fromEntries([...own, ...others]) as Labels
  }
  const sample = (
    suffix: string,
    labels: Labels,
    value: number,
    exemplar?: ParsedExemplar,
  ): ParsedSample => ({ name: name + suffix, labels, value, exemplar })

  if (family.type === 'counter' || family.type === 'gauge') {
    return family.series.map((series) => sample('', labelsOf(series), series.value))
  }
  // prom-client knows no series before its first observation, but for metrics without labels.
  const series = family.series.filter(
    ({ observations }) => family.ours || family.labelNames.length === 0 || observations.length > 0,
  )
  return series.flatMap((each) => {
    const { observations, trace } = each
    const labels = labelsOf(each)
    const count = observations.length
    const sum = observations.reduce((total, value) => total + value, 0)
    const totals = [sample('_sum', labels, sum), sample('_count', labels, count)]
    if (family.type === 'summary') return totals
    const limits = [...family.bounds, Number.POSITIVE_INFINITY]
    return [
      ...limits.map((limit, index) => {
        const below = observations.filter((value) => value <= limit)
        const inBucket = below.filter((value) => !(value <= (limits[index - 1] ?? -1)))
        const last = inBucket.at(-1)
        const exemplar =
          format !== 'text' && last !== undefined && family.ours
            ? exemplarOf(trace, last)
            : undefined
        const le = format === 'openmetrics' ? canonical(limit) : inText(limit)
        return sample('_bucket', { ...labels, le }, below.length, exemplar)
      }),
      ...totals,
    ]
  })
}

type Labels = Record<string, string>

function exemplarOf(trace: string | undefined, value: number): ParsedExemplar | undefined {
  if (trace === undefined || 'trace_id'.length + [...trace].length > 128) return undefined
  return { labels: { trace_id: trace }, value, timestamp: 1_700_000_000.5 }
}

function inText(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? '+Inf' : String(limit)
}

/** Go's `%g` by way of the digits, where the source goes by way of the exponent. */
function canonical(limit: number): string {
  if (limit === Number.POSITIVE_INFINITY) return '+Inf'
  if (limit >= 1e-4 && limit < 1e6) {
    return Number.isInteger(limit) ? `${limit}.0` : String(limit)
  }
  return limit.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/** Families with their samples in an order of their own, and without what cannot be foreseen. */
export function comparable(families: readonly ParsedFamily[]): unknown {
  return families.map((family) => ({
    ...family,
    samples: family.samples
      .filter(({ labels }) => !('quantile' in labels))
      .map(({ name, labels, value, exemplar }) => ({
        key: JSON.stringify([name, Object.entries(labels).toSorted(byName)]),
        value: value === 0 ? 0 : value,
        exemplar,
      }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  }))
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1
}
