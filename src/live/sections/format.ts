import type { NumberCell } from './table.ts'

/** Numbers as the page shows them: three digits, with a unit. */

const nothing = '–'

/** A number with at most three significant digits, and the thousands of large ones. */
export function digits(value: number): string {
  if (value === 0) return '0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1000) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ')
  if (magnitude < 0.001) return '<0.001'
  return String(Number(value.toPrecision(3)))
}

/** A number of things: `1 row`, `20 rows`. */
export function counted(count: number, noun: string): string {
  return `${digits(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** A duration: `4.2 ms`, `3.5 s`, `2 min 5 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0 ms'
  if (seconds < 0.001) return `${digits(seconds * 1e6)} µs`
  if (seconds < 1) return `${digits(seconds * 1000)} ms`
  if (seconds < 60) return `${digits(seconds)} s`
  const whole = Math.floor(seconds)
  if (seconds < 3600) return joined([Math.floor(whole / 60), 'min'], [whole % 60, 's'])
  const minutes = Math.floor(whole / 60)
  if (seconds < 86_400) return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min'])
  const hours = Math.floor(minutes / 60)
  return joined([Math.floor(hours / 24), 'd'], [hours % 24, 'h'])
}

function joined(first: [number, string], second: [number, string]): string {
  return second[0] === 0 ? first.join(' ') : `${first.join(' ')} ${second.join(' ')}`
}

export function percent(ratio: number): string {
  return `${digits(ratio * 100)} %`
}

/** A number of bytes: `4.2 kB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${digits(value)} ${units[unit] ?? ''}`
}

/** A cell of a number, with a dash for one that is not known. */
export function numberCell(
  value: number | undefined,
  text: (value: number) => string = digits,
): NumberCell {
  return value === undefined || !Number.isFinite(value)
    ? { value: null, text: nothing }
    : { value, text: text(value) }
}

export function barCell(
  value: number | undefined,
  parts: readonly number[],
  text: string,
): NumberCell {
  return { value: value ?? null, text, bar: parts.map((part) => Number(part.toFixed(4))) }
}
