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
    const used = [...text.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name)
    expect(
      [...new Set(used)].filter((name) => !names.has(name as string)),
      file,
    ).toEqual([])
    expect(text).not.toContain('{@')
  }
})
