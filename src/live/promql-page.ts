import { clientCatalogue } from '../metrics/catalogue.ts'
import { Promql } from '../monitoring/promql.ts'
import { defaultSettings } from '../monitoring/settings.ts'
import { escapeHtml as escape } from './render/escape.ts'

/** The expressions of a row's figures, for Prometheus. */
export function promqlPage(query: URLSearchParams, base: string): string {
  const model = query.get('model')
  const operation = query.get('operation')
  const scope = query.get('scope')
  const client = query.get('client') ?? 'default'
  const labels =
    scope === null ? { client, model: model ?? '', operation: operation ?? '' } : { client, scope }
  const matchers = Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')
  const title = scope ?? `${labels.model ?? ''}.${labels.operation ?? ''}`
  const expressions = scope === null ? operationExpressions(matchers) : scopeExpressions(matchers)
  const items = expressions.map(
    ([name, text]) => `<dt>${escape(name)}</dt><dd><pre><code>${escape(text)}</code></pre></dd>`,
  )
  return documentHtml(`PromQL of ${title}`, base, `<dl>${items.join('\n')}</dl>`)
}

type Expressions = readonly (readonly [name: string, text: string])[]

const promql = new Promql(defaultSettings)
const window = '1m'

function operationExpressions(matchers: string): Expressions {
  const { operationDuration, operationErrors, operationRows } = clientCatalogue
  const by = 'client, model, operation'
  const buckets = promql.bucket(operationDuration, matchers)
  const client = matchers.split(',model=')[0] ?? ''
  return [
    [
      'Calls per second',
      promql.rateOfGrowth(by, promql.count(operationDuration, matchers), window),
    ],
    ['p50', promql.quantile(0.5, by, buckets, window)],
    ['p95', promql.quantile(0.95, by, buckets, window)],
    ['Errors', promql.sumOfGrowth(by, promql.select(operationErrors, matchers), window)],
    [
      'Rows per call',
      `sum(rate(prisma_operation_rows_sum{${matchers}}[${window}])) / sum(rate(${promql.count(operationRows, matchers)}[${window}]))`,
    ],
    ['Share of the time in all operations', `${timeIn(matchers)} / ${timeIn(client)}`],
  ]
}

function timeIn(matchers: string): string {
  return `sum(rate(prisma_operation_duration_seconds_sum{${matchers}}[${window}]))`
}

function scopeExpressions(matchers: string): Expressions {
  const { scopeDuration, scopeOperations, nPlusOneSuspects } = clientCatalogue
  const by = 'client, scope'
  const buckets = promql.bucket(scopeDuration, matchers)
  return [
    ['Runs per second', promql.rateOfGrowth(by, promql.count(scopeDuration, matchers), window)],
    ['p50', promql.quantile(0.5, by, buckets, window)],
    ['p99', promql.quantile(0.99, by, buckets, window)],
    [
      'Errors',
      promql.sumOfGrowth(by, promql.count(scopeDuration, `${matchers},outcome="error"`), window),
    ],
    [
      'Operations per run',
      `sum(rate(prisma_scope_operations_sum{${matchers}}[${window}])) / sum(rate(${promql.count(scopeOperations, matchers)}[${window}]))`,
    ],
    [
      'Time in Prisma per run',
      `sum(rate(prisma_scope_database_seconds_sum{${matchers}}[${window}])) / sum(rate(${promql.count(scopeOperations, matchers)}[${window}]))`,
    ],
    ['N+1 suspects', promql.sumOfGrowth(by, promql.select(nPlusOneSuspects, matchers), '1h')],
  ]
}

/** A page of text beside the live page. */
export function documentHtml(title: string, base: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="stylesheet" href="${escape(base)}page.css">
<link rel="icon" href="${escape(base)}icon.svg">
</head>
<body class="document">
<header><h1>${escape(title)}</h1></header>
<main>
${body}
</main>
</body>
</html>
`
}
