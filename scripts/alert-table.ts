import { alertRules } from '../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../src/monitoring/settings.ts'
import {
  type Threshold,
  type ThresholdName,
  thresholdNames,
  thresholds,
} from '../src/monitoring/thresholds.ts'

/** Every alert with its severity, its `for` and why they are as they are. */
export function alertTable(): string {
  const rows = alertRules(defaultSettings)
    .flatMap(({ rules }) => rules)
    .map(
      (rule) =>
        `| [${rule.alert}](#${rule.alert.toLowerCase()})${rule.labels === undefined ? '' : ` ${rule.labels['long_window']}`} | ${rule.severity} | ${rule.for} | ${rule.reason} |`,
    )
  return [
    '| alert | severity | for | threshold, and why |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

/** The numbers that `--set` changes. */
export function thresholdTable(): string {
  const row = (name: ThresholdName): string => {
    const { value, unit, why }: Threshold = thresholds[name]
    return `| \`${name}\` | ${value} | ${unit} | ${why} |`
  }
  return [
    '| threshold | default | unit | what and why |',
    '| --- | --- | --- | --- |',
    ...thresholdNames.map(row),
  ].join('\n')
}
