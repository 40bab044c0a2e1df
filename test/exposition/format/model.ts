import fc from 'fast-check'
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client'
import { CounterFamily } from '../../../src/metrics/counter.ts'
import { GaugeFamily } from '../../../src/metrics/gauge.ts'
import { HistogramFamily } from '../../../src/metrics/histogram.ts'

/** A random registry, as the recordings that led to it. */
export interface Model {
  readonly families: readonly ModelFamily[]
  readonly defaultLabels: Readonly<Record<string, string>>
}

export type ModelFamily = CommonModel &
  (
    | { readonly type: 'counter'; readonly series: readonly ValueModel[] }
    | { readonly type: 'gauge'; readonly series: readonly ValueModel[] }
    | {
        readonly type: 'histogram'
        readonly bounds: readonly number[]
        readonly series: readonly ObservationModel[]
      }
    | { readonly type: 'summary'; readonly series: readonly ObservationModel[] }
  )

interface CommonModel {
  readonly name: string
  readonly help: string
  /** Ours, or prom-client's. */
  readonly ours: boolean
  readonly labelNames: readonly string[]
}

interface ValueModel {
  readonly labelValues: readonly string[]
  readonly value: number
}

interface ObservationModel {
  readonly labelValues: readonly string[]
  readonly observations: readonly number[]
  /** The trace of the last observation; only ours have them. */
  readonly trace: string | undefined
}

/** What a reader of UTF-8 gets of a string: halves of surrogate pairs do not survive. */
export function asRead(text: string): string {
  return Buffer.from(text).toString()
}

/** UTF-16 units as they come, weighted to what formats trip over. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        '\\',
        '\n',
        '\r',
        '\\n',
        '{',
        '}',
        ',',
        '=',
        ' ',
        '#',
        ' # ',
        '\t',
        '\0',
      ),
      fc.constantFrom('é', '字', '😀', '\u2028', '\u0085', '\ud83d', '\ude00', '\ufeff'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const labelName = fc.constantFrom('model', 'operation', 'a', '_b', 'C3', 'constructor', 'toString')

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })

const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, 0.1, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 123_456_789),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)

const notNegative = fc.oneof(finite.map(Math.abs), fc.nat(), fc.constantFrom(0, 0.5, 1e21))

/** Past what sums of a few can overflow to. */
const observed = fc.oneof(
  fc.double({ min: 0, max: 1e300, noNaN: true }),
  fc.constantFrom(0, 0.001, 0.25, 1, 10, 1e6),
)

const bounds = fc
  .uniqueArray(
    fc.oneof(
      fc.constantFrom(0.0005, 0.001, 0.1, 0.25, 1, 2.5, 10, 1000, 100_000, 1e6, 1e7, 1e21, 1e-10),
      fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((values) => values.toSorted((a, b) => a - b))

function common(ours: boolean): fc.Arbitrary<Omit<CommonModel, 'name'>> {
  return fc.record({
    // The text parser cuts white space off both ends.
    help: hostileText.map((text) => `<${text}>`),
    ours: fc.constant(ours),
    // prom-client confuses series whose label values contain what it puts between them.
    labelNames: fc.uniqueArray(labelName, { maxLength: ours ? 3 : 1 }),
  })
}

function seriesOf<T>(labels: number, content: fc.Arbitrary<T>): fc.Arbitrary<(T & Labelled)[]> {
  const labelValues = fc.array(hostileText, { minLength: labels, maxLength: labels })
  return fc.uniqueArray(
    fc.tuple(labelValues, content).map(([values, rest]) => ({ ...rest, labelValues: values })),
    {
      minLength: 1,
      maxLength: 4,
      selector: (series) => JSON.stringify(series.labelValues.map(asRead)),
    },
  )
}

interface Labelled {
  readonly labelValues: readonly string[]
}

/** `}` is what the Python client's parser trips over in an exemplar. 120 is the longest there is room for. */
const trace = fc.oneof(
  fc.constant(undefined),
  fc.stringMatching(/^[0-9a-f"\\\n😀]{1,40}$/u),
  fc.constantFrom('b'.repeat(120), 'b'.repeat(121), '😀'.repeat(120), '😀'.repeat(121)),
)

const family: fc.Arbitrary<Omit<ModelFamily, 'name'>> = fc.boolean().chain((ours) =>
  common(ours).chain((base): fc.Arbitrary<Omit<ModelFamily, 'name'>> => {
    const values = (value: fc.Arbitrary<number>): fc.Arbitrary<ValueModel[]> =>
      seriesOf(base.labelNames.length, fc.record({ value }))
    const observations = seriesOf(
      base.labelNames.length,
      fc.record({ observations: fc.array(observed, { maxLength: 6 }), trace }),
    )
    const counter = values(notNegative).map((series) => ({ ...base, type: 'counter', series }))
    const gauge = values(anyNumber).map((series) => ({ ...base, type: 'gauge', series }))
    const histogram = fc
      .tuple(bounds, observations)
      .map(([limits, series]) => ({ ...base, type: 'histogram', bounds: limits, series }))
    const summary = observations.map((series) => ({ ...base, type: 'summary', series }))
    const all = [counter, gauge, histogram, ...(ours ? [] : [summary])]
    return fc.oneof(...(all as fc.Arbitrary<Omit<ModelFamily, 'name'>>[]))
  }),
)

export const model: fc.Arbitrary<Model> = fc.record({
  families: fc.array(family, { minLength: 1, maxLength: 5 }).chain((families) =>
    fc
      .array(fc.boolean(), { minLength: families.length, maxLength: families.length })
      .map((totals) =>
        families.map((each, index) => {
          const total = each.type === 'counter' && totals[index] === true ? '_total' : ''
          return { ...each, name: `family_${index}${total}` } as ModelFamily
        }),
      ),
  ),
  defaultLabels: fc.oneof(
    fc.constant({}),
    fc.record({ instance: hostileText }),
    fc.record({ model: hostileText, service: hostileText }),
  ),
})

/** The model made real. */
export function build({ families, defaultLabels }: Model): Registry {
  const registry = new Registry()
  registry.setDefaultLabels(defaultLabels)
  for (const each of families) {
    if (each.ours) registry.registerMetric(ourFamily(each) as never)
    else fillTheirs(each, registry)
  }
  return registry
}

function ourFamily(each: ModelFamily): object {
  const { name, help, labelNames } = each
  const declared = { name, help, labelNames, aggregator: 'sum' } as const
  if (each.type === 'histogram') {
    const histogram = new HistogramFamily({ ...declared, type: 'histogram' }, each.bounds)
    for (const { labelValues, observations, trace: id } of each.series) {
      const series = histogram.with(labelValues)
      for (const value of observations) {
        const bucket = series.observe(value)
        if (id === undefined) continue
        series.exemplars ??= []
        series.exemplars[bucket] = { labelSet: { trace_id: id }, value, timestamp: 1_700_000_000.5 }
      }
    }
    return histogram
  }
  if (each.type === 'counter') {
    const counter = new CounterFamily({ ...declared, type: 'counter' })
    for (const { labelValues, value } of each.series) counter.with(labelValues).inc(value)
    return counter
  }
  if (each.type === 'summary') throw new TypeError('there are no summaries of ours')
  const gauge = new GaugeFamily({ ...declared, type: 'gauge' })
  for (const { labelValues, value } of each.series) {
    gauge.with(labelValues).set(value)
  }
  return gauge
}

function fillTheirs(each: ModelFamily, registry: Registry): void {
  const { name, help } = each
  const labelNames = [...each.labelNames]
  const declared = { name, help, labelNames, registers: [registry] }
  const labelsOf = ({ labelValues }: Labelled): Record<string, string> =>
    Object.fromEntries(labelNames.map((label, index) => [label, labelValues[index] ?? '']))
  if (each.type === 'counter') {
    const counter = new Counter(declared)
    for (const series of each.series) counter.inc(labelsOf(series), series.value)
  } else if (each.type === 'gauge') {
    const gauge = new Gauge(declared)
    for (const series of each.series) gauge.set(labelsOf(series), series.value)
  } else {
    const metric =
      each.type === 'histogram'
        ? new Histogram({ ...declared, buckets: [...each.bounds] })
        : new Summary({ ...declared, percentiles: [0.5, 0.99] })
    for (const series of each.series) {
      for (const value of series.observations) metric.observe(labelsOf(series), value)
    }
  }
}
