import { formats } from '../monitoring/formats.ts'
import { thresholdNames, thresholds } from '../monitoring/thresholds.ts'

const names = thresholdNames.map(
  (name) =>
    `  ${name.padEnd(22)} ${String(thresholds[name].value).padEnd(7)} ${thresholds[name].unit}`,
)

export const usage: string = `prisma-prometheus: rules, alerts and dashboards for the metrics of your Prisma clients.

Usage
  prisma-prometheus <what>… --out DIR [options]   write files
  prisma-prometheus check URL [options]           look at an endpoint
  prisma-prometheus --help | --version

What to write, one or several
  rules        recording rules; the alerts and dashboards need them
  alerts       alerts; docs/runbooks.md explains each
  dashboards   Grafana dashboards
  catalogue    every metric with type, help, labels and buckets, as JSON

Options for writing
  --out DIR          the folder; it is made, and files of these names are overwritten
  --format FORMAT    ${formats.join(', ')} (default ${formats[0]})
                       files       rules/*.yml for Prometheus, dashboards/*.json for Grafana
                       kubernetes  a PrometheusRule, and dashboards as ConfigMaps
                       mixin       mixin.libsonnet for jsonnet
  --prefix P         the prefix given to prismaMetrics (default prisma_)
  --client C         only the client of this label value
  --set NAME=VALUE   another threshold; can be repeated
  --expected CODES   error codes that are no failure, as a regular expression
                       (default P2002|P2003|P2025)
  --runbooks URL     where docs/runbooks.md can be read

Options of check
  --prefix P         as above
  --token TOKEN      sent as Authorization: Bearer; without it, the password of
                     http://NAME:PASSWORD@localhost:3000/metrics, or else
                     METRICS_TOKEN of the environment
  --max-values N     values a label may have before it is told (default 100)
  --timeout SECONDS  (default 10)

Thresholds, their defaults and units
${names.join('\n')}

Examples
  npx prisma-prometheus rules alerts dashboards --out monitoring
  npx prisma-prometheus alerts --out monitoring --set latencySeconds=0.1
  npx prisma-prometheus rules alerts --out k8s --format kubernetes --prefix shop_
  npx prisma-prometheus check http://localhost:3000/metrics

Exit codes
  0  written, or nothing wrong
  1  check found errors
  2  wrong usage
  3  it could not be done: the endpoint does not answer, or in OpenMetrics only,
     or the folder cannot be written
`
