import {
  bucketBounds,
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  processCatalogue,
} from '../src/metrics/catalogue.ts'
import {
  clientNotes,
  expositionNotes,
  httpNotes,
  type MetricNote,
  processNotes,
} from './metric-notes.ts'

export const documented: readonly (readonly [MetricDeclaration, MetricNote])[] = [
  ...pairs(clientCatalogue, clientNotes),
  ...pairs(processCatalogue, processNotes),
  ...pairs(httpCatalogue, httpNotes),
  ...pairs(expositionCatalogue, expositionNotes),
]

function pairs<Key extends string>(
  catalogue: Readonly<Record<Key, MetricDeclaration>>,
  notes: Readonly<Record<Key, MetricNote>>,
): [MetricDeclaration, MetricNote][] {
  return (Object.keys(catalogue) as Key[]).map((key) => [catalogue[key], notes[key]])
}

/** One section per metric, as Markdown. */
export function metricReference(): string {
  return documented
    .map(([declaration, note]) => {
      const { name, type, labels, help, buckets } = declaration
      const bounds = buckets === undefined ? '' : `, buckets ${bucketBounds[buckets].join(' ')}`
      return [
        `### ${name}`,
        help,
        `- Type: ${type}${bounds}\n- Labels: ${labels.map((label) => `\`${label}\``).join(', ') || 'none'}\n- Unit: ${note.unit}`,
        `**Not shown.** ${note.doesNotShow}`,
        `\`\`\`promql\n${note.query}\n\`\`\``,
      ].join('\n\n')
    })
    .join('\n\n')
}

/** The number of series per set of label values: `_sum`, `_count` and `+Inf` included. */
function seriesEach({ type, buckets = 'duration' }: MetricDeclaration): number {
  return type === 'histogram' ? bucketBounds[buckets].length + 3 : 1
}

export interface Service {
  readonly name: string
  readonly models: number
  /** Kinds of operation used per model. */
  readonly operations: number
  readonly scopes: number
}

export const services: readonly Service[] = [
  { name: 'small: 5 models, 4 operations each, 10 routes', models: 5, operations: 4, scopes: 10 },
  {
    name: 'middle: 20 models, 6 operations each, 40 routes',
    models: 20,
    operations: 6,
    scopes: 40,
  },
  {
    name: 'large: 80 models, 8 operations each, 150 routes',
    models: 80,
    operations: 8,
    scopes: 150,
  },
]

/** The usual number of values of a label in a service. */
const labelValues: Readonly<Record<string, (service: Service) => number>> = {
  client: () => 1,
  model: ({ models }) => models,
  operation: ({ operations }) => operations,
  scope: ({ scopes }) => scopes,
  http_route: ({ scopes }) => scopes,
  http_request_method: () => 1,
  http_response_status_code: () => 2,
  action: () => 4,
  statement: () => 3,
  outcome: () => 2,
  state: () => 3,
  percentile: () => 4,
  // Of prisma_series_limit: the metrics with further labels.
  metric: () => Object.values(clientCatalogue).filter(({ labels }) => labels.length > 1).length - 2,
}

/** Metrics that have series only if something fails, or only for a few models. */
const rare: ReadonlySet<MetricDeclaration> = new Set<MetricDeclaration>([
  clientCatalogue.operationErrors,
  clientCatalogue.slowOperations,
  clientCatalogue.operationStatements,
  clientCatalogue.operationStatementSeconds,
  clientCatalogue.scopeBlocked,
  clientCatalogue.nPlusOneSuspects,
  clientCatalogue.nPlusOneSeconds,
  clientCatalogue.eventHandlerErrors,
  clientCatalogue.seriesDropped,
  clientCatalogue.unknownRows,
  clientCatalogue.migrationInfo,
  clientCatalogue.readingErrors,
  expositionCatalogue.collectErrors,
])

/** Series of one process, a histogram's buckets included. */
export function seriesOf(declaration: MetricDeclaration, service: Service): number {
  return seriesCount(declaration, service) * seriesEach(declaration)
}

/** Sets of label values of one process. */
export function seriesCount(declaration: MetricDeclaration, service: Service): number {
  // Almost every list comes from findMany; a rare metric has about one series per model.
  const counted = declaration.labels.filter(
    (label) =>
      !(label === 'operation' && declaration === clientCatalogue.operationRows) &&
      !(rare.has(declaration) && label !== 'model'),
  )
  return counted.reduce((product, label) => product * (labelValues[label]?.(service) ?? 1), 1)
}

const declarations = documented.map(([declaration]) => declaration)

const total = (service: Service): number =>
  declarations.reduce((sum, declaration) => sum + seriesOf(declaration, service), 0)

/** The series of all metrics, by size of the service. */
export function sizesOfServices(): number[] {
  return services.map(total)
}

/** The number of series per process, by size of the service, as a Markdown table. */
export function seriesTable(): string {
  const dearest = declarations
    .toSorted((a, b) => seriesOf(b, services[1] as Service) - seriesOf(a, services[1] as Service))
    .slice(0, 8)
  const rows = dearest.map(
    (declaration) =>
      `| \`${declaration.name}\` | ${services.map((service) => seriesOf(declaration, service)).join(' | ')} |`,
  )
  return [
    `| metric | ${services.map(({ name }) => name).join(' | ')} |`,
    `| --- |${' --- |'.repeat(services.length)}`,
    ...rows,
    `| **all metrics** | ${services.map((service) => `**${total(service)}**`).join(' | ')} |`,
  ].join('\n')
}
