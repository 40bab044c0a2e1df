import type { Notification } from '../test/monitoring/stack/alertmanager.ts'
import type { Target } from './faults/fault.ts'

/** An alert that has been notified, with the seconds since the fault was planted. */
export interface Notified extends Notification {
  readonly afterSeconds: number
}

/** What the alerts of one fault said. */
export interface Verdict {
  readonly first: Notified | undefined
  /** The first alert that names the culprit. */
  readonly naming: Notified | undefined
  /** Alerts that blame another scope or operation without saying that it waits. */
  readonly victims: readonly Notified[]
  /** Names of all other alerts. */
  readonly others: readonly string[]
}

export function judge(notifications: readonly Notified[], target: Target): Verdict {
  const inOrder = notifications.toSorted((a, b) => a.afterSeconds - b.afterSeconds)
  const naming = inOrder.find((alert) => target.names.some((name) => textOf(alert).includes(name)))
  return {
    first: inOrder[0],
    naming,
    victims: inOrder.filter((alert) => blamesVictim(alert, target)),
    others: [...new Set(inOrder.filter((alert) => alert !== naming).map(nameOf))],
  }
}

/** All that a reader sees, links left out. */
function textOf({ labels, annotations }: Notification): string {
  const operation = `${labels['model']}.${labels['operation']}`
  const { summary = '', description = '' } = annotations
  return [summary, description, operation, ...Object.values(labels)].join('\n')
}

/** Whether the alert names a scope or operation that is not the culprit's, and not that it waits. */
function blamesVictim(alert: Notification, { guilty }: Target): boolean {
  const { scope, model, operation } = alert.labels
  const blamed = [scope, operation === undefined ? undefined : `${model}.${operation}`].filter(
    (name) => name !== undefined,
  )
  if (blamed.length === 0 || blamed.some((name) => guilty.includes(name))) return false
  return !/\bwait/i.test(`${alert.annotations['summary']} ${alert.annotations['description']}`)
}

export function nameOf({ labels }: Notification): string {
  return [labels['alertname'], labels['long_window'] ?? ''].join(' ').trim()
}
