import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  metricName,
} from '../metrics/catalogue.ts'

const histograms = [clientCatalogue, httpCatalogue, expositionCatalogue]
  .flatMap((catalogue): MetricDeclaration[] => Object.values(catalogue))
  .filter(({ type }) => type === 'histogram')

/** The label matchers of a selector; a quoted value may contain braces. */
const matchers = String.raw`\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}`

/** The matcher of one bucket, as `le` of `promql.ts` writes it. */
const boundMatcher = /,?le=~?"([\d.]+)(?:\(\\+\.0\)\?)?"/

/**
 * Rewrites the PromQL in a text from the classic form of the package's histograms to the native one, in
 * which a histogram is one series without `_bucket`, `_sum` and `_count`. The share of observations up to
 * a bound is interpolated if no native bucket ends there.
 */
export function nativeForm(text: string, prefix: string): string {
  const declarations = new Map(
    histograms.map((declaration) => [metricName(declaration, prefix), declaration]),
  )
  const sample = `(${[...declarations.keys()].join('|')})_(bucket|sum|count)\\b(${matchers})?`
  let quantiles = false
  const range = new RegExp(`(\\w+)\\(${sample}(\\[[^\\]]*\\](?: offset \\w+)?)\\)`, 'g')
  const called = text.replaceAll(
    range,
    (_, fn: string, name: string, suffix: string, labels: string = '', window: string) => {
      const [matched, bound] = boundMatcher.exec(labels) ?? []
      const own = matched === undefined ? labels : labels.replace(matched, '').replace('{,', '{')
      const selected = `${name}${own === '{}' ? '' : own}`
      if (bound === undefined && suffix === 'bucket') quantiles = true
      // The two halves of `growth` in promql.ts. Prometheus 2.42 has no last_over_time of histograms.
      if (fn === 'last_over_time') return `present_over_time(${selected}${window})`
      const call = fn === 'max_over_time' ? selected : `${fn}(${selected}${window})`
      if (suffix !== 'bucket') return `histogram_${suffix}(${call})`
      if (bound === undefined) return call
      const upTo = isWhole(declarations.get(name)) ? Number(bound) + 0.5 : Number(bound)
      const count = `histogram_count(${call})`
      // Without observations the share is NaN, which the comparison removes; the count is 0 then.
      return `(histogram_fraction(-Inf, ${upTo}, ${call}) * ${count} >= 0 or ${count})`
    },
  )
  const instant = called.replaceAll(
    new RegExp(sample, 'g'),
    (_, name: string, suffix: string, labels: string = '') =>
      text.startsWith('label_values(') ? name + labels : `histogram_${suffix}(${name}${labels})`,
  )
  return quantiles ? instant.replaceAll(/ by \(le\)/g, '').replaceAll(/, le\)/g, ')') : instant
}

/** Rows and operations are whole numbers, whose bucket contains numbers below and above. */
function isWhole(declaration: MetricDeclaration | undefined): boolean {
  return declaration?.buckets === 'rows' || declaration?.buckets === 'operations'
}
