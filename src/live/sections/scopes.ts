import { clientCatalogue } from '../../metrics/catalogue.ts'
import { histogramsBy, keyOf, partsOf } from '../record/counters.ts'
import { tableSeconds } from '../record/histories.ts'
import { quantile } from '../record/quantile.ts'
import type { Recorded } from '../record/recorder.ts'
import { barCell, duration, numberCell, percent } from './format.ts'
import { grownOrTotal, windowText } from './operations.ts'
import { promqlLink } from './promql-link.ts'
import type { Cell, Column, Table } from './table.ts'

const hour = 3600

const columns: readonly Column[] = [
  { label: 'Scope', kind: 'text' },
  { label: 'Runs/s', kind: 'number' },
  { label: 'p50', kind: 'number' },
  { label: 'p99', kind: 'number' },
  { label: 'Errors', kind: 'number' },
  { label: 'Operations', kind: 'number', title: 'Operations per run.' },
  { label: 'Time', kind: 'bar', title: 'Where the time of a run is spent.' },
  { label: 'N+1', kind: 'number', title: 'Suspects in the window.' },
  { label: 'Hour ago', kind: 'number', title: 'Mean duration compared with an hour ago.' },
  { label: 'PromQL', kind: 'link' },
]

/** The scopes of a client, those with the most time in the database first. */
export function scopesTable({ reading, histories }: Recorded, client: string): Table {
  const { scopeDuration } = clientCatalogue
  const seconds = histories.recent.coverage(tableSeconds)
  const rows: { readonly name: string; readonly spent: number; readonly cells: Cell[] }[] = []
  for (const [key, { bounds }] of histogramsBy(reading, scopeDuration, ['client', 'scope'])) {
    const [owner, scope = ''] = partsOf(key)
    if (owner !== client) continue
    const grown = grownOrTotal(histories.recent, keyOf('scope', key))
    const counts = grown.slice(0, bounds.length + 1)
    const [spent = 0, failed = 0, operations = 0, database = 0, waiting = 0, suspects = 0] =
      grown.slice(bounds.length + 1)
    const runs = counts.reduce((sum, count) => sum + count, 0)
    rows.push({
      name: scope,
      spent: database,
      cells: [
        scope,
        numberCell(seconds === 0 ? undefined : runs / seconds),
        numberCell(quantile(0.5, bounds, counts), duration),
        numberCell(quantile(0.99, bounds, counts), duration),
        numberCell(failed),
        numberCell(runs === 0 ? undefined : operations / runs),
        timeCell({ spent, database, waiting }),
        numberCell(suspects),
        hourAgo(histories.hour, keyOf('runs', key)),
        promqlLink({ scope, client }),
      ],
    })
  }
  rows.sort((a, b) => b.spent - a.spent || (a.name < b.name ? -1 : 1))
  return {
    id: 'scopes',
    caption: `Requests and jobs, ${windowText(seconds)}`,
    columns,
    rows: rows.map(({ cells }) => cells),
    empty: 'No scope has ended: requests pass through exposeMetrics, jobs run in metrics.scope().',
    legend: ['in Prisma', 'waiting for a connection', 'elsewhere'],
    filter: true,
  }
}

/** Parallel operations add up, so their time may exceed that of the scope. */
function timeCell(times: { spent: number; database: number; waiting: number }): Cell {
  const { spent, database, waiting } = times
  const whole = Math.max(spent, database)
  if (whole === 0) return { value: null, text: '–' }
  const parts = [database - waiting, waiting, whole - database].map(
    (part) => Math.max(0, part) / whole,
  )
  const [inPrisma = 0, waited = 0, elsewhere = 0] = parts
  const text = `${percent(inPrisma)} · ${percent(waited)} · ${percent(elsewhere)}`
  return barCell(inPrisma, parts, text)
}

/** The change of the mean duration between the last five minutes and those of an hour ago. */
function hourAgo(history: Recorded['histories']['hour'], key: string): Cell {
  const now = history.growth(key, 300).values
  const before = history.growth(key, 300, hour - 60).values
  const change = mean(now) / mean(before) - 1
  return numberCell(change, (value) => `${value >= 0 ? '+' : ''}${percent(value)}`)
}

/** The mean duration of runs. */
function mean([runs = 0, , sum = 0]: readonly number[]): number {
  return sum / runs
}
