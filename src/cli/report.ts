import type { Report } from '../check/check-endpoint.ts'
import type { Finding } from '../check/finding.ts'

/** Formats a report for a terminal. */
export function reportText(report: Report): string {
  const { address, findings, series, bytes, seconds, largest } = report
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
    `${count('error')}, ${count('warning')}, ${count('note')}`,
    '',
  ].join('\n')
}
