import { formats } from '../monitoring/formats.ts'
import { thresholdNames, thresholds } from '../monitoring/thresholds.ts'
import { UsageError } from './usage-error.ts'

const names = thresholdNames.map(
  (name) =>
    `  ${name.padEnd(22)} ${String(thresholds[name].value).padEnd(7)} ${thresholds[name].unit}`,
)

export const usage: string = `prisma-prometheus: rules, alerts and dashboards for the metrics of your Prisma clients.

Usage
  prisma-prometheus <what>… --out DIR [options]   write files
prisma-prometheus check URL [options]           check an endpoint
  prisma-prometheus help [alerts|check|thresholds]
  prisma-prometheus -h | --help | -v | --version

What to write, one or several
  rules        recording rules; the alerts and dashboards need them
  alerts       alerts, and runbooks.html, a page with a runbook for each
  inhibitions  inhibition rules for Alertmanager: a cause silences its symptoms
  dashboards   Grafana dashboards
  catalogue    every metric with type, help, labels and buckets, as JSON

Options for writing
  --out DIR          the folder; it is created if missing, and existing files are overwritten.
                     --out - prints the files instead
  --format FORMAT    ${formats.join(', ')} (default ${formats[0]})
                       files       rules/*.yml for Prometheus, dashboards/*.json for Grafana
                       kubernetes  a PrometheusRule, dashboards as ConfigMaps, and an
                                   AlertmanagerConfig
  --prefix P         the option prefix of prismaMetrics (default prisma_)
  --detail LEVEL     the option detail of prismaMetrics and exposeMetrics: minimal, low,
                     normal (default) or high. Omits and lists the alerts that it cannot
                     support
  --client C         only the client with this label value
  --set NAME=VALUE   sets a threshold; can be repeated
  --expected CODES   error codes that do not count as failures, as a regular expression
                       (default P2002|P2003|P2025)
  --runbooks URL     where you host runbooks.html: alerts and dashboards link to it.
                     Without it, they have no links
  --grafana URL      the address of Grafana, to which alerts link
  --histograms FORM  classic or native (default classic): the form that Prometheus stores
  --example          also writes the dashboard of the example application

Options of check
  --prefix P         as above
  --token TOKEN      sent as Authorization: Bearer. It wins over credentials in the URL
                     (http://NAME:PASSWORD@localhost:3000/metrics), which win over
                     METRICS_TOKEN of the environment
  --max-values N     values that a label may have before it is reported (default 100)
  --budget N         series that one process may expose: reports each metric with its series,
                     its bound (maxSeries), the label to reduce first, and an option or an
                     entry of metric_relabel_configs. Over the budget is an error
  --pods N           processes that are scraped: multiplies series and budget (default 1)
  --ignore CODE      omits findings with this code; can be repeated
  --json             prints the report as JSON
  --timeout SECONDS  (default 10)

Thresholds, their defaults and units
${names.join('\n')}

Examples
  npx prisma-prometheus rules alerts dashboards --out monitoring
  npx prisma-prometheus alerts --out monitoring --set latencySeconds=0.1
  npx prisma-prometheus inhibitions --out monitoring
  npx prisma-prometheus rules alerts --out k8s --format kubernetes --prefix shop_
  npx prisma-prometheus check http://localhost:3000/metrics
  npx prisma-prometheus check http://localhost:3000/metrics --budget 5000 --pods 40

Exit codes
  0  written, or nothing wrong
  1  check found errors
  2  wrong usage
  3  the endpoint does not answer, or a file cannot be written
`

const topics: Readonly<Record<string, RegExp>> = {
  alerts: /^Options for writing\n[\s\S]*?(?=\n\n)/m,
  check: /^Options of check\n[\s\S]*?(?=\n\n)/m,
  thresholds: /^Thresholds, [\s\S]*?(?=\n\n)/m,
}

/** Returns the usage, or its part about `topic`. */
export function helpOn(topic: string | undefined): string {
  if (topic === undefined) return usage
  const part = Object.hasOwn(topics, topic) ? topics[topic]?.exec(usage)?.[0] : undefined
  if (part === undefined) {
    throw new UsageError(
      `help: expected ${Object.keys(topics).join(', ')}, got ${JSON.stringify(topic)}`,
    )
  }
  return `${part}\n`
}
