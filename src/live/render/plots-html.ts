import type { Plot, PlotRange, Plots } from '../sections/plots.ts'
import type { Cell, Table } from '../sections/table.ts'
import { digits, duration, numberCell } from '../sections/format.ts'
import { tableHtml } from './table-html.ts'

/** Points that the table of a plot shows. */
const tablePoints = 15

/** The newest points of each plot as tables: all that a page without scripts can show. */
export function plotTables(range: PlotRange | undefined): Table[] {
  if (range === undefined) return []
  const { times, plots } = range
  return plots.map((plot) => tableOf(plot, times, range.name))
}

export function plotsHtml(plots: Plots, base: string): string {
  const shortest = plots[0]
  const figures = plotTables(shortest).map(
    (table) =>
      `<div class="plot" data-plot="${table.id.replace(/-table$/, '')}"><h3>${table.caption}</h3><div class="canvas"></div><details open class="numbers"><summary>Numbers</summary>${tableHtml(table, base)}</details></div>`,
  )
  return figures.join('\n')
}

function tableOf({ id, title, unit, curves }: Plot, times: readonly number[], name: string): Table {
  const text = unit === 'seconds' ? duration : digits
  const rows = times
    .map((time, index): Cell[] => [
      timeOf(time),
      ...curves.map(({ values }) => numberCell(values[index] ?? undefined, text)),
    ])
    .toReversed()
    .slice(0, tablePoints)
  return {
    id: `${id}-table`,
    caption: `${title}, ${unit === 'seconds' ? 'last' : `${unit}, last`} ${name}`,
    columns: [
      { label: 'Time (UTC)', kind: 'text' },
      ...curves.map(({ label }) => ({ label, kind: 'number' as const })),
    ],
    rows,
    empty: 'Recording has just begun.',
  }
}

/** `23:59:01`, in UTC: the process and its reader may be in different time zones. */
export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19)
}
