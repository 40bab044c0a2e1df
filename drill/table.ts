import { divisor, type DrillResult, type FaultResult } from './drill.ts'
import { nameOf, type Notified } from './verdict.ts'

/** The result as a table of Markdown. */
export function drillTable({ results }: DrillResult): string {
  return [
    '| fault | planted in | first alert | names the culprit | line | also notified | result |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...results.map(row),
  ].join('\n')
}

function row(result: FaultResult): string {
  const { fault, target, first, naming, line, others, victims, early, passed } = result
  const cells = [
    fault.title,
    target.places.join(', ') || target.names[0] || '',
    alertText(first),
    naming === first && naming !== undefined ? 'the same alert' : alertText(naming),
    line ?? (target.hasLine ? 'none' : 'has none'),
    [
      ...others.map((name) =>
        victims.some((each) => nameOf(each) === name) ? `${name} (victim)` : name,
      ),
      ...early.map((name) => `${name} (before the fault)`),
    ].join(', ') || 'none',
    passed ? 'passed' : 'missed',
  ]
  return `| ${cells.join(' | ')} |`
}

function alertText(alert: Notified | undefined): string {
  if (alert === undefined) return 'none'
  const minutes = ((alert.afterSeconds * divisor) / 60).toFixed(1)
  return `${nameOf(alert)}, ${minutes} min`
}

export function summaryOf({ results, quiet, quietMinutes }: DrillResult): string {
  const passed = results.filter((result) => result.passed).length
  const hours = ((quietMinutes * divisor) / 60).toFixed(1)
  return [
    `${passed} of ${results.length} faults passed.`,
    `The quiet service ran for ${quietMinutes.toFixed(0)} minutes (${hours} h of the unshortened clock)`,
    quiet.length === 0 ? 'without an alert.' : `and raised ${quiet.join(', ')}.`,
  ].join(' ')
}
