import { type Figures, median, pairedDifference, pairedRatio } from './rounds.ts'
import { signed, table } from './table.ts'

/** Figures of one operation; the first variant is the bare client, the second the no-op extension. */
export interface Measured {
  /** Short, for the head of the table. */
  readonly title: string
  readonly operation: string
  readonly figures: Figures
}

/**
 * A row per variant with two figures per operation, both paired within a round: the microseconds over
 * the no-op extension, and the ratio to the bare client. The list below has the totals.
 */
export function costTable(measured: readonly Measured[]): string {
  const head = measured.flatMap(({ title }) => [
    `${title}, µs over the no-op`,
    'to the bare client',
  ])
  const names = [...(measured[0]?.figures.keys() ?? [])]
  const rows = names.map((name) => [
    name,
    ...measured.flatMap(({ figures }) => {
      const [bare = [], noOp = []] = figures.values()
      const each = figures.get(name) ?? []
      return [signed(pairedDifference(each, noOp), 1), pairedRatio(each, bare).toFixed(3)]
    }),
  ])
  const totals = measured.map(({ title, operation, figures }) => {
    const [bare, noOp] = [...figures.values()].map((each) => `${median(each).toFixed(1)} µs`)
    return `- ${title} is ${operation}: ${bare} with the bare client, ${noOp} with the no-op extension.`
  })
  return [table(['', ...head], rows), '', ...totals].join('\n')
}
