import { Registry } from 'prom-client'
import { dashboardPlans } from './dashboards/dashboards.ts'
import { registerHandlerMetrics } from '../src/exposition/endpoint/handler-metrics.ts'
import { RequestMetrics } from '../src/http/request-metrics.ts'
import { processCatalogue } from '../src/metrics/catalogue.ts'
import { type Detail, details } from '../src/metrics/detail.ts'
import { createInstruments } from '../src/metrics/instruments.ts'
import type { HistogramForm } from '../src/metrics/histogram.ts'
import { isFamily } from '../src/metrics/metric-family.ts'
import { getOrRegister } from '../src/metrics/register.ts'
import { unsupported } from '../src/monitoring/detail-support.ts'
import { omittedAlerts } from '../src/monitoring/alert-rules.ts'
import { recordingRules } from '../src/monitoring/recording-rules.ts'
import { defaultSettings } from '../src/monitoring/settings.ts'

const models = Array.from({ length: 10 }, (_, index) => `Model${index}`)
const operations = ['findMany', 'findUnique', 'create', 'update']
const routes = Array.from({ length: 15 }, (_, index) => `/route-${index}`)
const rowActions = ['insert', 'update', 'delete', 'upsert']

/**
 * The registry of a service with 10 models, 4 operations each, and 15 routes: each answers 200, and a
 * third of them also another status; these write rows, in a transaction. Nothing else fails.
 */
export function registryOfExample(detail: Detail, histograms: HistogramForm = 'classic'): Registry {
  const registry = new Registry()
  const prefix = 'prisma_'
  const { instruments } = createInstruments({
    client: 'default',
    registry,
    prefix,
    detail,
    histograms,
    maxSeries: 2000,
  })
  for (const model of models) {
    for (const operation of operations) {
      instruments.operationDuration.with(model, operation)
      instruments.operationWait.with(model, operation)
      if (operation === 'findMany') instruments.operationRows.with(model, operation)
    }
    for (const statement of ['select', 'insert', 'update'])
      instruments.statementDuration.with(model, statement)
    for (const { with: rows } of [
      instruments.modelInserts,
      instruments.modelUpdates,
      instruments.modelDeletes,
      instruments.modelUpserts,
    ])
      rows(model)
    for (const action of rowActions) instruments.rolledBackRows.expose(model, action)
  }
  const { duration, active } = new RequestMetrics(registry, { detail, histograms }).register()
  active.with(['GET'])
  active.with(['POST'])
  for (const [index, route] of routes.entries()) {
    const writes = index % 3 === 0
    const method = writes ? 'POST' : 'GET'
    const scope = `${method} ${route}`
    duration.with([method, route, '200'])
    if (writes) duration.with([method, route, '404'])
    instruments.scopeDuration.with(scope, 'ok')
    instruments.scopeDuration.expose(scope, 'error')
    instruments.scopeOperations.with(scope)
    instruments.scopeDatabase.with(scope)
    if (!instruments.scopeLastSuccess.jobsOnly) instruments.scopeLastSuccess.with(scope)
    instruments.scopeWait.with(scope)
    instruments.scopesInFlight.with(scope)
    instruments.scopeOldest.with(scope)
    if (!writes) continue
    instruments.scopeRows.with(scope, 'insert', 'commit')
    instruments.scopeRows.with(scope, 'update', 'commit')
    instruments.scopeTransaction.with(scope)
    instruments.scopeTransactionIdle.with(scope)
  }
  // What every process with a pool has.
  const { transactionDuration, savepoints, poolConnections, migrations } = instruments
  for (const outcome of ['commit', 'rollback']) transactionDuration.with(outcome)
  for (const outcome of ['released', 'rolled_back']) savepoints.with(outcome)
  for (const state of ['idle', 'busy']) poolConnections.with(state)
  for (const outcome of ['ok', 'error']) instruments.poolAcquireDuration.with(outcome)
  for (const state of ['applied', 'failed', 'rolled_back', 'pending']) migrations.with(state)
  instruments.poolConnectionCreate.with('ok')
  instruments.clientInfo.with('7', 'postgres', 'pg', 'statements')
  const single = [
    instruments.operationsInFlight,
    instruments.transactionWait,
    instruments.transactionsInFlight,
    instruments.transactionIdle,
    instruments.transactionOldest,
    instruments.poolConnectionsMax,
    instruments.poolPendingAcquires,
    instruments.poolAcquireTimeouts,
    instruments.poolConnectionUse,
    instruments.poolConnectionsOpened,
    instruments.poolConnectionsClosed,
    instruments.poolErrors,
    instruments.instrumentationErrors,
  ]
  for (const instrument of single) instrument.with()
  registerHandlerMetrics(registry, { prefix, detail, histograms })
  const delay = getOrRegister(registry, processCatalogue.eventLoopDelay, { prefix })
  for (const percentile of ['50', '90', '99', '100']) delay.with([percentile])
  return registry
}

/** The number of lines that the service exposes, by metric. */
export function seriesOfExample(detail: Detail): Map<string, number> {
  const metrics: readonly unknown[] = registryOfExample(detail).getMetricsAsArray()
  return new Map(metrics.filter(isFamily).map((family) => [family.name, family.snapshot().length]))
}

export function totalOfExample(detail: Detail): number {
  return [...seriesOfExample(detail).values()].reduce((sum, series) => sum + series, 0)
}

/** The panels that show less or nothing at a level: `dashboard: title`. */
function lostPanels(detail: Detail): string[] {
  const recorded = new Map(
    recordingRules(defaultSettings)
      .flatMap(({ rules }) => rules)
      .map(({ record, expr }) => [record, expr]),
  )
  const settings = { ...defaultSettings, detail }
  return dashboardPlans.flatMap(({ name, rows }) =>
    rows
      .flatMap(({ panels }) => panels)
      .filter(({ queries }) => queries.some(({ expr }) => unsupported(expr, settings, recorded)))
      .map(({ title }) => `${name.replace('prisma-', '')}: ${title}`),
  )
}

/** Series, lost alerts and lost panels of each level, as Markdown. */
export function detailTable(): string {
  const panels = dashboardPlans.flatMap(({ rows }) => rows.flatMap((row) => row.panels)).length
  const rows = details.map((detail) => {
    const omitted = new Set(omittedAlerts({ ...defaultSettings, detail }).map(({ alert }) => alert))
    const lost = lostPanels(detail)
    return `| \`${detail}\` | ${totalOfExample(detail)} | ${omitted.size === 0 ? 'none' : [...omitted].map((alert) => `\`${alert}\``).join(', ')} | ${lost.length} of ${panels} |`
  })
  const lists = (['low', 'minimal'] as const).map(
    (detail) =>
      `Panels that show less or nothing with \`${detail}\`: ${lostPanels(detail).join('; ')}.`,
  )
  return [
    '| `detail` | series | alerts that are lost | panels that show less or nothing |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    lists.join('\n\n'),
  ].join('\n')
}
