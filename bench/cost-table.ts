import { type Figures, median, pairedDifference, pairedRatio } from './rounds.ts'
import { signed, table } from './table.ts'

/** The first variant is the bare client, the second the no-op extension. */
export interface Measured {
  readonly operation: string
  readonly figures: Figures
}

/**
 * A row per variant with two figures per operation: the microseconds over the no-op extension and the
 * ratio to the bare client, both paired within a round. A sentence below has the totals.
 */
export function costTable(measured: readonly Measured[]): string {
  const operations = measured.map(({ operation, figures }) => {
    const [bare = [], noOp = []] = figures.values()
    return { operation, figures, bare, noOp }
  })
  const head = operations.flatMap(({ operation }) => [`${operation}: µs over the no-op`, 'to bare'])
  const names = [...(measured[0]?.figures.keys() ?? [])]
  const rows = names.map((name) => [
    name,
    ...operations.flatMap(({ figures, bare, noOp }) => {
      const each = figures.get(name) ?? []
      return [signed(pairedDifference(each, noOp), 1), pairedRatio(each, bare).toFixed(3)]
    }),
  ])
  const totals = operations.map(
    ({ operation, bare, noOp }) =>
      `${operation} ${median(bare).toFixed(1)} and ${median(noOp).toFixed(1)} µs`,
  )
  return `${table(['', ...head], rows)}\n\nIn total with the bare client and the no-op extension: ${totals.join('; ')}.`
}
