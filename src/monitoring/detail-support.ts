import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  metricName,
} from '../metrics/catalogue.ts'
import { type Detail, type Kept, keptAt } from '../metrics/detail.ts'
import type { MonitoringSettings } from './settings.ts'

const declarations = [clientCatalogue, httpCatalogue, expositionCatalogue].flatMap(
  (catalogue): MetricDeclaration[] => Object.values(catalogue),
)

/**
 * The reason why an expression has no or a wrong result at a level of detail: a metric, a label or a
 * bound that it uses is missing. Undefined if it is supported.
 *
 * @param recorded the expressions of recording rules, by the name of their series
 */
export function unsupported(
  expr: string,
  { prefix, detail }: Pick<MonitoringSettings, 'prefix' | 'detail'>,
  recorded: ReadonlyMap<string, string>,
): string | undefined {
  const whole = expr.replaceAll(/\w+(?::\w+)+/g, (name) => recorded.get(name) ?? name)
  for (const declaration of declarations) {
    const reason = missingOf(declaration, metricName(declaration, prefix), whole, detail)
    if (reason !== undefined) return reason
  }
  return undefined
}

function missingOf(
  declaration: MetricDeclaration,
  name: string,
  expr: string,
  detail: Detail,
): string | undefined {
  const suffix = declaration.type === 'histogram' ? '_(?:bucket|count|sum)' : ''
  // The grouping that encloses a selector is the last one before it.
  const selector = new RegExp(
    `(?:by \\(([^)]*)\\)(?:(?!by \\().)*?)?\\b(${name}${suffix})\\b(?:\\{([^}]*)\\})?`,
    'gs',
  )
  const kept = keptAt(detail, declaration)
  for (const [, by = '', series = '', matchers = ''] of expr.matchAll(selector)) {
    if (kept === undefined) return `${name} is left out`
    const merged = kept.merged?.find((label) => new RegExp(`\\b${label}\\b`).test(by + matchers))
    if (merged !== undefined) return `${name} has no label ${merged}`
    const bound = series.endsWith('_bucket') ? missingBound(kept, matchers, expr) : undefined
    if (bound !== undefined) return `${name} has no bound ${bound}`
  }
  return undefined
}

/** A bound that the selector names; for a quantile, the threshold and a bound above it. */
function missingBound({ bounds }: Kept, matchers: string, expr: string): string | undefined {
  if (bounds === undefined) return undefined
  const [, named] = /\ble=~?"([\d.]+?)(?:\(|")/.exec(matchers) ?? []
  if (named !== undefined) return bounds.includes(Number(named)) ? undefined : named
  const threshold = Number(/> ([\d.]+)$/.exec(expr)?.[1] ?? 0)
  if (threshold > 0 && !bounds.includes(threshold)) return String(threshold)
  return bounds.some((bound) => bound > threshold) ? undefined : `above ${threshold}`
}
