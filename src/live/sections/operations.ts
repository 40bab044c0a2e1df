import { clientCatalogue } from '../../metrics/catalogue.ts'
import { histogramsBy, keyOf, partsOf } from '../record/counters.ts'
import { tableSeconds } from '../record/histories.ts'
import type { GrowthHistory } from '../record/growth-history.ts'
import { quantile } from '../record/quantile.ts'
import type { Recorded } from '../record/recorder.ts'
import { barCell, digits, duration, numberCell, percent } from './format.ts'
import { promqlLink } from './promql-link.ts'
import type { Cell, Column, Table } from './table.ts'

const columns: readonly Column[] = [
  { label: 'Operation', kind: 'text' },
  { label: 'Calls/s', kind: 'number' },
  { label: 'p50', kind: 'number', title: 'Half of the calls are faster.' },
  { label: 'p95', kind: 'number', title: '95 of 100 calls are faster.' },
  { label: 'Errors', kind: 'number', title: 'Failed calls in the window.' },
  { label: 'Rows', kind: 'number', title: 'Rows per call of operations that return a list.' },
  { label: 'SQL', kind: 'number', title: 'Statements per call; needs metrics.comments.' },
  { label: 'Share', kind: 'bar', title: 'Share of the time in all operations.' },
  { label: 'PromQL', kind: 'link' },
]

/** The operations of a client, those with the largest share of the time first. */
export function operationsTable({ reading, histories }: Recorded, client: string): Table {
  const { operationDuration } = clientCatalogue
  const names = ['client', 'model', 'operation']
  const rows: { readonly name: string; readonly spent: number; readonly cells: Cell[] }[] = []
  const all: {
    key: string
    counts: readonly number[]
    values: readonly number[]
    bounds: readonly number[]
  }[] = []
  let total = 0
  const seconds = histories.recent.coverage(tableSeconds)
  for (const [key, { bounds }] of histogramsBy(reading, operationDuration, names)) {
    if (partsOf(key)[0] !== client) continue
    const grown = grownOrTotal(histories.recent, keyOf('operation', key))
    const counts = grown.slice(0, bounds.length + 1)
    const values = grown.slice(bounds.length + 1)
    total += values[0] ?? 0
    all.push({ key, counts, values, bounds })
  }
  for (const { key, counts, values, bounds } of all) {
    const [, model = '', operation = ''] = partsOf(key)
    const [spent = 0, errors = 0, rowSum = 0, results = 0, statements = 0] = values
    const calls = counts.reduce((sum, count) => sum + count, 0)
    const share = total === 0 ? 0 : spent / total
    const name = `${model}.${operation}`
    rows.push({
      name,
      spent,
      cells: [
        name,
        numberCell(seconds === 0 ? undefined : calls / seconds),
        numberCell(quantile(0.5, bounds, counts), duration),
        numberCell(quantile(0.95, bounds, counts), duration),
        numberCell(errors),
        numberCell(results === 0 ? undefined : rowSum / results),
        numberCell(statements === 0 ? undefined : statements / calls),
        barCell(share, [share], percent(share)),
        promqlLink({ operation, model, client }),
      ],
    })
  }
  rows.sort((a, b) => b.spent - a.spent || (a.name < b.name ? -1 : 1))
  return {
    id: 'operations',
    caption: `Operations, ${windowText(seconds)}`,
    columns,
    rows: rows.map(({ cells }) => cells),
    empty: 'No operation has run since the process started.',
    filter: true,
  }
}

/** The growth in the window; before there is one, all that the counters have counted. */
export function grownOrTotal(history: GrowthHistory, key: string): readonly number[] {
  const { values, seconds } = history.growth(key, tableSeconds)
  return seconds === 0 ? history.total(key) : values
}

/** The window of a table in words. */
export function windowText(seconds: number): string {
  return seconds === 0 ? 'since the metrics began' : `last ${digits(Math.round(seconds))} s`
}
