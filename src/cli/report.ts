import type { Report } from '../check/check-endpoint.ts'
import type { BudgetReport } from '../check/budget.ts'
import type { Finding } from '../check/finding.ts'

/** Formats a report for a terminal. */
export function reportText(report: Report): string {
  const { address, findings, series, bytes, seconds, largest, budget } = report
  const width = Math.max(6, ...largest.map(({ name }) => name.length))
  const table = largest.map(
    ({ name, series: count, label, values }) =>
      `  ${name.padEnd(width)}  ${String(count).padStart(7)}  ${label === '' ? '' : `${label}: ${values} values`}`,
  )
  const count = (level: Finding['level']): string => {
    const found = findings.filter((finding) => finding.level === level).length
    return `${found} ${level}${found === 1 ? '' : 's'}`
  }
  return [
    `${address}: ${series} series, ${bytes} bytes, ${seconds.toFixed(3)} s`,
    '',
    `  ${'metric'.padEnd(width)}   series  most varied label`,
    ...table.map((line) => line.trimEnd()),
    '',
    ...findings.flatMap(({ level, code, text, advice }) => [
      `${level.padEnd(8)}${text} [${code}]`,
      ...(advice === undefined ? [] : [`        → ${advice}`]),
    ]),
    ...(findings.length === 0 ? [] : ['']),
    ...(budget === undefined ? [] : budgetText(budget)),
    `${count('error')}, ${count('warning')}, ${count('note')}`,
    '',
  ].join('\n')
}

/** The metrics of a budget, and what to paste if it is exceeded. */
function budgetText({ budget, pods, series, metrics, remaining }: BudgetReport): string[] {
  const width = Math.max(6, ...metrics.map(({ name }) => name.length))
  const row = (name: string, ...cells: readonly (string | number)[]): string =>
    `  ${name.padEnd(width)}  ${cells.map((cell) => String(cell).padStart(9)).join('  ')}`
  const isOver = series > budget
  const options = new Set(metrics.flatMap(({ option }) => option ?? []))
  return [
    `budget ${budget} series per process, ${pods} ${pods === 1 ? 'pod' : 'pods'}: ${series * pods} of ${budget * pods}`,
    '',
    `${row('metric', 'series', 'all pods', 'at most')}  reduce first`,
    ...metrics.map(({ name, series: own, bound = '-', reduceFirst }) =>
      `${row(name, own, own * pods, bound)}  ${reduceFirst.slice(0, 2).join(', ')}`.trimEnd(),
    ),
    '',
    ...(isOver
      ? [
          ...[...options].map((option) => `option: ${option}`),
          `or metric_relabel_configs, with which ${remaining} series remain:`,
          '',
          ...metrics.map(({ relabel }) => relabel),
          '',
        ]
      : []),
  ]
}
