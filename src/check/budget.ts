import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  metricName,
} from '../metrics/catalogue.ts'
import { keptAt } from '../metrics/detail.ts'
import { relabelRule } from './relabel.ts'
import type { Finding } from './finding.ts'
import type { Scrape, ScrapedFamily, ScrapedSample } from './scrape.ts'

export interface BudgetOptions {
  readonly prefix: string
  /** Series that one process may expose. */
  readonly budget: number
  /** Processes that are scraped. */
  readonly pods: number
}

/** The series of one metric, and a way to have fewer. */
export interface MetricBudget {
  readonly name: string
  readonly series: number
  /** Series at `maxSeries`; undefined if the metric has no limit. */
  readonly bound: number | undefined
  /** The labels that multiply its series, the one that does most first; `le` for buckets. */
  readonly reduceFirst: readonly string[]
  /** The option that reduces the metric; undefined if it has none. */
  readonly option: string | undefined
  /** An entry of `metric_relabel_configs`, and the series that remain with it. */
  readonly relabel: string
  readonly remaining: number
}

export interface BudgetReport {
  readonly budget: number
  readonly pods: number
  readonly series: number
  /** The sum of the bounds of the metrics that have one. */
  readonly bound: number
  /** The largest metrics. If the budget is exceeded: those to relabel, without a loss of alerts. */
  readonly metrics: readonly MetricBudget[]
  /** The series that remain with every entry. */
  readonly remaining: number
}

const shown = 10

/** Compares the series of a scrape with a budget. */
export function reportBudget(scrape: Scrape, options: BudgetOptions): BudgetReport {
  const { budget, pods, prefix } = options
  const limits = limitsIn(scrape, prefix)
  const all = [...scrape.families.values()]
    .map((family) => budgetOf(family, limits.get(family.name), prefix))
    .toSorted((a, b) => b.series - a.series)
  const series = sum(all.map((metric) => metric.series))
  const bound = sum(all.map((metric) => metric.bound ?? 0))
  const metrics: MetricBudget[] = []
  let remaining = series
  const cheapest = all
    .filter((metric) => rankOf(metric, prefix) < alertsLost)
    .toSorted((a, b) => rankOf(a, prefix) - rankOf(b, prefix) || saved(b) - saved(a))
  for (const metric of series > budget ? cheapest : all) {
    if (series > budget ? remaining <= budget : metrics.length >= shown) break
    if (metric.series === 0) continue
    metrics.push(metric)
    remaining -= saved(metric)
  }
  return { budget, pods, series, bound, metrics, remaining: series > budget ? remaining : series }
}

export function checkBudget({ budget, pods, series, bound }: BudgetReport): Finding[] {
  const times = (count: number): string => (pods === 1 ? '' : `, ${count * pods} of ${pods} pods`)
  if (series > budget) {
    return [
      {
        code: 'over-budget',
        level: 'error',
        text: `${series} series per process${times(series)}: expected at most ${budget}${times(budget)}`,
        advice: 'use one of the options, or paste the entries into metric_relabel_configs',
      },
    ]
  }
  if (bound <= budget) return []
  return [
    {
      code: 'bound-over-budget',
      level: 'note',
      text: `maxSeries allows up to ${bound} series per process${times(bound)}: the budget is ${budget}`,
      advice: 'lower maxSeries, so that a label that grows folds into $other before',
    },
  ]
}

function saved({ series, remaining }: MetricBudget): number {
  return series - remaining
}

const alertsLost = 3

/** What the entry costs: buckets, a metric that no alert uses, one of the application, or alerts. */
function rankOf({ name, remaining }: MetricBudget, prefix: string): number {
  if (remaining > 0) return 0
  const declaration = declarationOf(name, prefix)
  if (declaration === undefined) return 2
  return keptAt('low', declaration) === undefined ? 1 : alertsLost
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** The limits of each metric, one per client. */
function limitsIn(scrape: Scrape, prefix: string): Map<string, number[]> {
  const limits = new Map<string, number[]>()
  const name = metricName(clientCatalogue.seriesLimit, prefix)
  for (const { labels, value } of scrape.families.get(name)?.samples ?? []) {
    const { metric = '' } = labels
    limits.set(metric, [...(limits.get(metric) ?? []), value])
  }
  return limits
}

function budgetOf(
  family: ScrapedFamily,
  limits: readonly number[] | undefined,
  prefix: string,
): MetricBudget {
  const { name, samples } = family
  const sets = labelSets(samples, (label) => label !== 'le' && label !== 'quantile')
  const linesOfSet = sets === 0 ? 0 : samples.length / sets
  const { relabel, remaining } = relabelRule(family, lowBounds(name, prefix))
  return {
    name,
    series: samples.length,
    // Further label sets fold into one more, $other.
    bound: limits && Math.ceil(sum(limits.map((limit) => limit + 1)) * linesOfSet),
    reduceFirst: reduceFirst(samples),
    option: optionOf(name, prefix),
    relabel,
    remaining,
  }
}

/** The number of different label sets, over the labels that `counts` selects. */
function labelSets(samples: readonly ScrapedSample[], counts: (label: string) => boolean): number {
  return new Set(
    samples.map(({ labels }) =>
      JSON.stringify(
        Object.entries(labels)
          .filter(([label]) => counts(label))
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    ),
  ).size
}

function reduceFirst(samples: readonly ScrapedSample[]): string[] {
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)))
  const all = labelSets(samples, () => true)
  return [...labels]
    .map((label) => [label, labelSets(samples, (each) => each !== label)] as const)
    .filter(([, without]) => without < all)
    .toSorted(([, a], [, b]) => a - b)
    .map(([label]) => label)
}

const endpoints: readonly MetricDeclaration[] = [
  ...Object.values(httpCatalogue),
  ...Object.values(expositionCatalogue),
]
const declarations: readonly MetricDeclaration[] = [
  ...Object.values<MetricDeclaration>(clientCatalogue),
  ...endpoints,
]

function declarationOf(name: string, prefix: string): MetricDeclaration | undefined {
  return declarations.find((declaration) => metricName(declaration, prefix) === name)
}

/** The bounds that alerts use; undefined for other metrics. */
function lowBounds(name: string, prefix: string): readonly number[] | undefined {
  const declaration = declarationOf(name, prefix)
  return declaration?.buckets && (keptAt('low', declaration)?.bounds ?? [])
}

/** The option with which the metric has fewer series, or is left out. */
function optionOf(name: string, prefix: string): string | undefined {
  const declaration = declarationOf(name, prefix)
  if (declaration === undefined) return undefined
  const level = (['low', 'minimal'] as const).find((detail) => {
    const kept = keptAt(detail, declaration)
    return kept === undefined || Object.keys(kept).length > 0
  })
  if (level === undefined) return undefined
  const option = `{ detail: '${level}' }`
  return endpoints.includes(declaration)
    ? `exposeMetrics(app, ${option})`
    : `prismaMetrics(${option})`
}
