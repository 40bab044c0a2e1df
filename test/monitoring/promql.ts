import { parser } from '@prometheus-io/lezer-promql'
import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  legacyCatalogue,
  processCatalogue,
  type MetricDeclaration,
} from '../../src/metrics/catalogue.ts'
import { recordingRules } from '../../src/monitoring/recording-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'

const declarations: readonly MetricDeclaration[] = [
  ...Object.values(clientCatalogue),
  ...Object.values(processCatalogue),
  ...Object.values(httpCatalogue),
  ...Object.values(expositionCatalogue),
  ...Object.values(legacyCatalogue),
]

/** Series of Prometheus itself, and their labels. */
const foreign: ReadonlyMap<string, readonly string[]> = new Map([
  ['up', []],
  ['scrape_samples_scraped', []],
  ['scrape_duration_seconds', []],
  ['scrape_series_added', []],
  ['process_start_time_seconds', []],
  ['ALERTS', ['alertname', 'alertstate', 'severity']],
])

type Exposed = Pick<MetricDeclaration, 'name' | 'labels'> & { readonly type: string }

/**
 * All series names that a query may use, with their labels: those of the catalogue, except `without`, and
 * `more`.
 */
export function knownSeries(
  more: readonly Exposed[] = [],
  without: readonly Exposed[] = [],
): Map<string, ReadonlySet<string>> {
  const series = new Map<string, ReadonlySet<string>>()
  const add = (name: string, labels: readonly string[]): void => {
    series.set(name, new Set([...labels, 'job', 'instance']))
  }
  const own: readonly Exposed[] = declarations.filter((one) => !without.includes(one))
  for (const { name, type, labels } of [...own, ...more]) {
    if (type !== 'histogram') add(name, labels)
    else {
      add(`${name}_bucket`, [...labels, 'le'])
      add(`${name}_sum`, labels)
      add(`${name}_count`, labels)
    }
  }
  for (const { record } of recordingRules(defaultSettings).flatMap(({ rules }) => rules)) {
    add(record, (record.split(':')[0] as string).split('_'))
  }
  for (const [name, labels] of foreign) add(name, labels)
  return series
}

/** The mistakes of a query: its syntax, a series that is not exposed, a label that a series lacks. */
export function complaintsAbout(
  query: string,
  series: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const complaints: string[] = []
  const available: string[] = []
  const used: string[] = []
  let selected: ReadonlySet<string> | undefined
  const text = (node: { from: number; to: number }): string => query.slice(node.from, node.to)

  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError) complaints.push(`syntax error at ${node.from}`)
      if (node.name === 'VectorSelector') selected = undefined
      if (node.name === 'Identifier') {
        selected = series.get(text(node))
        if (selected === undefined) complaints.push(`no series ${text(node)}`)
        else available.push(...selected)
      }
      if (node.name === 'LabelName') {
        const label = text(node)
        if (node.node.parent?.name === 'GroupingLabels') used.push(label)
        else if (selected !== undefined && label !== '__name__' && !selected.has(label)) {
          complaints.push(`no label ${label} on a series of it`)
        }
      }
    },
  })
  for (const label of used) {
    if (label !== '__name__' && !available.includes(label))
      complaints.push(`no label ${label} on any series`)
  }
  return complaints
}

/** A dashboard's query with its variables filled in as Grafana does for "All". */
export function fillVariables(query: string, rateInterval = '5m'): string {
  return query
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll(/\$(?:job|instance|client|model|scope)\b/g, '.*')
}
