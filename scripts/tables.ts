import { alertTable, thresholdTable } from './alert-table.ts'
import { catalogueTable } from './catalogue-table.ts'
import { detailTable } from './detail-table.ts'
import { exampleTable } from './example-metrics.ts'
import { monitoringNumbers } from './monitoring-numbers.ts'
import { openTelemetryTable } from './opentelemetry-table.ts'
import { moduleTable } from './module-table.ts'
import { metricReference, seriesTable } from './metric-reference.ts'

/** The generated parts of the pages: page → marker → content. */
export const tables: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'docs/architecture.md': { modules: moduleTable },
  'docs/opentelemetry.md': { names: openTelemetryTable },
  'docs/prometheus-metrics.md': {
    business: exampleTable,
    detail: detailTable,
    metrics: metricReference,
    series: seriesTable,
  },
  'docs/runbooks.md': { alerts: alertTable, thresholds: thresholdTable },
  // Last: it counts the queries of the other pages.
  'README.md': { catalogue: catalogueTable, monitoring: monitoringNumbers },
}
