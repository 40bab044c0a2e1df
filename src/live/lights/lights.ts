import { alertRules } from '../../monitoring/alert-rules.ts'
import type { Severity } from '../../monitoring/rule.ts'
import { defaultSettings } from '../../monitoring/settings.ts'
import { duration } from '../sections/format.ts'
import type { Light, LightContext } from './light.ts'
import { lightRules } from './rules.ts'

const severities = new Map<string, Severity>(
  alertRules(defaultSettings)
    .flatMap(({ rules }) => rules)
    .toReversed()
    .map(({ alert, severity }) => [alert, severity]),
)

const order = { firing: 0, unknown: 2, ok: 1 } as const

/** The shipped alerts as this process sees them, those that fire first. */
export function lightsOf(context: LightContext): Light[] {
  const lights = lightRules.map(({ alert, find }): Light => {
    const { firing, sentence, value, threshold, windowSeconds } = find(context)
    const state = firing === undefined ? 'unknown' : firing ? 'firing' : 'ok'
    const severity = severities.get(alert) ?? 'warning'
    return {
      alert,
      state,
      severity,
      sentence,
      value,
      threshold,
      window: window(windowSeconds, context),
    }
  })
  return lights.toSorted((a, b) => order[a.state] - order[b.state])
}

/** A window that is not yet full is shown as its length so far. */
function window(seconds: number, { recorded }: LightContext): string {
  if (seconds === 0) return 'now'
  const recordedSeconds = Math.floor((recorded.at - recorded.since) / 1000)
  return recordedSeconds < seconds
    ? `since ${duration(recordedSeconds)}`
    : `last ${duration(seconds)}`
}
