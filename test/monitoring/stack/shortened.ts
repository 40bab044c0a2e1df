import { secondsOf } from '../../../src/monitoring/duration.ts'
import type { RuleFile } from '../../../src/monitoring/rule-files.ts'
import type { Yaml } from '../../../src/monitoring/yaml.ts'

/**
 * Divides the windows and offsets of an expression by `divisor`, and the number of seconds by which it
 * divides the growth within a window.
 */
export function withShortWindows(expr: string, divisor: number): string {
  const windows = new Set(
    [...expr.matchAll(/\[(?<duration>\d+[smhd])\]/g)].map(([, duration = '']) =>
      secondsOf(duration),
    ),
  )
  return expr
    .replaceAll(
      /(?<before>\[|offset )(?<duration>\d+[smhd])/g,
      (_, before: string, duration: string) => before + shortened(duration, divisor),
    )
    .replaceAll(/(?<= \/ )\d+(?![\w.])/g, (seconds) =>
      windows.has(Number(seconds)) ? String(Number(seconds) / divisor) : seconds,
    )
}

/** The rules with shorter windows, offsets and `for`. */
export function withShortTimes(
  { groups }: RuleFile,
  divisors: { readonly windows: number; readonly for: number },
): RuleFile {
  const shorten = (value: Yaml, key?: string): Yaml => {
    if (Array.isArray(value)) return value.map((item: Yaml) => shorten(item))
    if (typeof value === 'object') {
      return Object.fromEntries(
        Object.entries<Yaml>(value).map(([name, item]) => [name, shorten(item, name)]),
      )
    }
    if (key === 'expr' || key === 'description')
      return withShortWindows(String(value), divisors.windows)
    return key === 'for' ? shortened(String(value), divisors.for) : value
  }
  return { groups: groups.map((group) => shorten(group)) }
}

function shortened(duration: string, divisor: number): string {
  return `${Math.max(1, Math.round(secondsOf(duration) / divisor))}s`
}
