import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { annotations } from './annotations.ts'
import { withVariables } from './expression.ts'
import { dataLinks } from './links.ts'
import type { DashboardPlan, Panel, Query } from './panel.ts'

const source = { type: 'prometheus', uid: '$datasource' }

/** The dashboard as Grafana imports it. */
export function buildDashboard(plan: DashboardPlan): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(`Prisma / ${plan.title}`)
    .uid(plan.name)
    .description(plan.description)
    .tags(['prisma'])
    .editable()
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder('Prisma')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['prisma'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .variables(variables(plan))
    .annotations(annotations())
  for (const row of plan.rows) {
    builder.withRow(new dashboard.RowBuilder(row.title))
    for (const panel of row.panels) builder.withPanel(buildPanel(panel))
  }
  return withoutNewFields(builder.build())
}

/** Removes defaults of the builders that the schemas of Grafana 11 and 12 do not have. */
function withoutNewFields(built: dashboard.Dashboard): dashboard.Dashboard {
  const known = (key: string, value: unknown): unknown =>
    /^auto(_min|_count)?$/.test(key) || value === 'inControlsMenu' ? undefined : value
  return JSON.parse(JSON.stringify(built, known)) as dashboard.Dashboard
}

function variables({ variables: more = [] }: DashboardPlan) {
  const ofClient = 'prisma_client_info{job=~"$job",instance=~"$instance"}'
  return [
    new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    variable('job', 'label_values(prisma_client_info, job)'),
    variable('instance', 'label_values(prisma_client_info{job=~"$job"}, instance)'),
    variable('client', `label_values(${ofClient}, client)`),
    ...more.map((name) => variable(name, labelValues[name])),
  ]
}

const labelValues = {
  model: `label_values(${withVariables('prisma_operation_duration_seconds_count{@}')}, model)`,
  scope: `label_values(${withVariables('prisma_scope_duration_seconds_count{@}')}, scope)`,
} as const

function variable(name: string, query: string): dashboard.QueryVariableBuilder {
  return (
    new dashboard.QueryVariableBuilder(name)
      .label(name[0]?.toUpperCase() + name.slice(1))
      .datasource(source)
      .query(query)
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      // oxlint-disable-next-line unicorn/no-array-sort -- a builder of Grafana's, no array
      .sort(dashboard.VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.*')
      .current({ text: 'All', value: '$__all' })
  )
}

const widths = { timeseries: 12, bars: 12, table: 24, alerts: 24, stat: 4 } as const
const heights = { timeseries: 8, bars: 8, table: 8, alerts: 6, stat: 4 } as const

function buildPanel(panel: Panel) {
  const builder = visualization(panel)
    .title(panel.title)
    .description(
      panel.runbook === undefined
        ? panel.description
        : `${panel.description} Runbook: ${panel.runbook}.`,
    )
    .datasource(source)
    .unit(panel.unit)
    .span(panel.width ?? widths[panel.kind])
    .height(heights[panel.kind])
    .thresholds(thresholdSteps(panel))
  for (const [index, query] of panel.queries.entries()) {
    builder.withTarget(target(query, panel, String.fromCodePoint(65 + index)))
  }
  const links = dataLinks(panel)
  if (links.length > 0) builder.dataLinks(links)
  return builder
}

function visualization({ kind, stack = false, unit }: Panel) {
  if (kind === 'stat') {
    return new stat.PanelBuilder()
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
      .graphMode(common.BigValueGraphMode.Area)
  }
  if (kind === 'table') return new table.PanelBuilder()
  if (kind === 'alerts') return firingAlerts()
  if (kind === 'bars') {
    return new bargauge.PanelBuilder()
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
      .orientation(common.VizOrientation.Horizontal)
      .displayMode(common.BarGaugeDisplayMode.Basic)
  }
  const builder = new timeseries.PanelBuilder()
    .min(0)
    .fillOpacity(stack ? 30 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['mean', 'max', 'lastNotNull']),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        // oxlint-disable-next-line unicorn/no-array-sort -- a builder of Grafana's, no array
        .sort(common.SortOrder.Descending),
    )
  if (unit === 'percentunit') builder.axisSoftMax(0.01)
  return stack
    ? builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal))
    : builder
}

/** A table of `ALERTS`. `dashboardFor` links the column `runbook` to the runbook of the alert. */
function firingAlerts() {
  const names = alertRules(defaultSettings).flatMap(({ rules }) => rules.map(({ alert }) => alert))
  const anchors = Object.fromEntries(
    names.map((name, index) => [name, { text: name.toLowerCase(), index }]),
  )
  return new table.PanelBuilder()
    .noValue('No alert fires')
    .overrideByName('runbook', [{ id: 'mappings', value: [{ type: 'value', options: anchors }] }])
}

function thresholdSteps({ limits }: Panel): dashboard.ThresholdsConfigBuilder {
  const [amber, red] = limits ?? []
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([
      { value: null, color: 'green' },
      ...(amber === undefined ? [] : [{ value: amber, color: 'orange' }]),
      ...(red === undefined ? [] : [{ value: red, color: 'red' }]),
    ])
}

function target({ expr, legend }: Query, { kind }: Panel, refId: string) {
  const builder = new prometheus.DataqueryBuilder()
    .refId(refId)
    .datasource(source)
    .expr(withVariables(expr))
    .legendFormat(legend ?? '__auto')
  if (kind === 'timeseries') return builder.range()
  return kind === 'table' || kind === 'alerts'
    ? builder.instant().format(prometheus.PromQueryFormat.Table)
    : builder.instant()
}
