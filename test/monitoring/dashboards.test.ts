import { expect, test } from 'vitest'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { dashboardPlans, dashboards } from '../../scripts/dashboards/dashboards.ts'

const panels = dashboardPlans.flatMap(({ name, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => ({ name, panel }))),
)

test('every panel has a description, and a link to an existing runbook', () => {
  const alerts = new Set(
    alertRules(defaultSettings).flatMap(({ rules }) => rules.map(({ alert }) => alert)),
  )
  for (const { name, panel } of panels) {
    expect(panel.description, `${name} / ${panel.title}`).toMatch(/\.$/)
  }
  const runbooks = panels.flatMap(({ panel: { runbook } }) => runbook ?? [])
  expect(runbooks.filter((runbook) => !alerts.has(runbook))).toEqual([])
})

test('shows firing alerts first, and causes second', () => {
  const [overview] = dashboardPlans
  const [now, causes] = overview?.rows ?? []
  expect(now?.panels[0]?.queries[0]?.expr).toContain('alertstate="firing"')
  expect(causes?.panels.map(({ title }) => title)).toEqual([
    'Time outside Prisma by scope',
    'Connections held in idle transactions by scope',
    'Failures by route',
    'Waiting callers',
    'Event loop delay',
    'Event loop blocked by scope',
    'Operations slower than an hour ago',
  ])
})

test('links every model, scope and route of a panel to the dashboard about it', () => {
  const uids = new Set(dashboardPlans.map(({ name }) => name))
  for (const dashboard of Object.values(dashboards())) {
    const { panels: placed } = dashboard as { panels: LinkedPanel[] }
    for (const { targets = [], fieldConfig } of placed) {
      const links = fieldConfig?.defaults?.links ?? []
      const legends = targets.map(({ legendFormat }) => legendFormat).join(' ')
      for (const label of ['model', 'scope', 'http_route']) {
        const linked = links.some(({ url }) => url.includes(`__field.labels.${label}`))
        expect(linked, `${legends}: ${label}`).toBe(legends.includes(`{{${label}}}`))
      }
      for (const { url } of links) {
        expect(uids).toContain(/^\/d\/([\w-]+)\?/.exec(url)?.[1])
        expect(url).toContain('${client:queryparam}')
      }
    }
  }
})

interface LinkedPanel {
  readonly targets?: readonly { readonly legendFormat?: string }[]
  readonly fieldConfig?: { readonly defaults?: { readonly links?: readonly { url: string }[] } }
}

test('excludes expected codes from every share of failures', () => {
  const shares = panels
    .flatMap(({ name, panel }) => panel.queries.map(({ expr }) => ({ name, panel, expr })))
    .filter(({ expr }) =>
      /operation_errors_total.*\/ .*operation_duration_seconds_count/.test(expr),
    )
  expect(shares.length).toBeGreaterThan(1)
  for (const { name, panel, expr } of shares) {
    expect(expr, `${name} / ${panel.title}`).toContain('code!~"P2002|P2003|P2025"')
  }
})

test('panels never overlap', () => {
  for (const [file, dashboard] of Object.entries(dashboards())) {
    const { panels: placed } = dashboard as { panels: PlacedPanel[] }
    const all = placed.concat(placed.flatMap((panel) => panel.panels ?? []))
    const cells = all.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size, file).toBe(cells.length)
    expect(all.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
  }
})

interface PlacedPanel {
  readonly gridPos: { x: number; y: number; w: number; h: number }
  readonly panels?: PlacedPanel[]
}

test('every dashboard has the variables that its queries use', () => {
  for (const [file, dashboard] of Object.entries(dashboards())) {
    const text = JSON.stringify(dashboard)
    const { templating } = dashboard as { templating: { list: { name: string }[] } }
    const names = new Set(templating.list.map(({ name }) => name))
    const used = [...text.matchAll(/\$(?!__|\d)(\w+)/g)].map(([, name]) => name)
    expect(
      [...new Set(used)].filter((name) => !names.has(name as string)),
      file,
    ).toEqual([])
    expect(text).not.toContain('{@')
  }
})
