import { randomUUID } from 'node:crypto'
import type { ApiClient } from './api-client.ts'
import { oneOf, wholeNumber } from './random.ts'
import { workspaces } from './register-sources.ts'

export interface Scenario {
  /** The mean interval, in seconds. */
  readonly everySeconds: number
  play(api: ApiClient): Promise<unknown>
}

/** About twenty requests per second in total. */
export const scenarios: readonly Scenario[] = [
  // Users read.
  { everySeconds: 0.2, play: (api) => api.send('GET', '/alerts') },
  { everySeconds: 0.5, play: (api) => api.send('GET', '/workspaces') },
  { everySeconds: 0.3, play: (api) => api.send('GET', `/sources/${oneOf(api.sourceIds)}`) },
  { everySeconds: 1, play: (api) => api.send('GET', '/reports/summary') },
  { everySeconds: 2, play: (api) => api.send('GET', '/reports/drift') },
  { everySeconds: 4, play: (api) => api.send('GET', '/reports/history') },

  // Data sources report.
  { everySeconds: 0.2, play: sendHeartbeats },
  { everySeconds: 0.5, play: detectDrift },
  { everySeconds: 1, play: reportQuality },

  // Alerts are raised and resolved.
  { everySeconds: 0.4, play: raiseAlert },
  { everySeconds: 0.5, play: resolveAlert },
  {
    everySeconds: 5,
    play: (api) => api.send('POST', '/alerts/escalate', { olderThanSeconds: 5 }),
  },

  // Three jobs run: one succeeds, one fails and one takes too long.
  { everySeconds: 2, play: (api) => api.send('POST', '/jobs/score-sources/runs') },
  { everySeconds: 5, play: (api) => api.send('POST', '/jobs/sync-catalog/runs') },
  { everySeconds: 11, play: (api) => api.send('POST', '/jobs/rebuild-history/runs') },

  // Sources are added and removed.
  { everySeconds: 3, play: addSources },
  { everySeconds: 4, play: takeSourceAway },
  {
    everySeconds: 10,
    play: (api) => api.send('POST', '/maintenance/cleanup', { olderThanSeconds: 300 }),
  },

  // Callers make mistakes.
  { everySeconds: 2, play: (api) => api.send('POST', '/tags', { name: 'freshness' }) },
  { everySeconds: 3, play: (api) => api.send('GET', `/sources/${randomUUID()}`) },
  { everySeconds: 4, play: (api) => api.send('POST', '/alerts', { severity: 'LOUD', tags: [] }) },
  { everySeconds: 5, play: addTakenSource },
  { everySeconds: 8, play: importAgain },
]

/** Registers several at a time. */
async function sendHeartbeats(api: ApiClient): Promise<void> {
  await Promise.all(
    api.sourceIds.slice(0, 3).map((id) => api.send('POST', `/sources/${id}/heartbeat`)),
  )
}

function detectDrift(api: ApiClient): Promise<unknown> {
  const events = Array.from({ length: wholeNumber(1, 20) }, () => ({
    kind: oneOf(['SCHEMA', 'VOLUME', 'DISTRIBUTION', 'FRESHNESS']),
    column: oneOf(['id', 'amount', 'country']),
    score: Math.random(),
  }))
  return api.send('POST', `/sources/${oneOf(api.sourceIds)}/drift`, events)
}

function reportQuality(api: ApiClient): Promise<unknown> {
  const day = new Date().toISOString().slice(0, 10)
  const quality = { score: Math.random(), checks: 20, failedChecks: wholeNumber(0, 5) }
  return api.send('PUT', `/sources/${oneOf(api.sourceIds)}/quality/${day}`, quality)
}

async function raiseAlert(api: ApiClient): Promise<void> {
  const causedById = Math.random() < 0.3 ? oneOf(api.openAlertIds) : undefined
  const alert = await api.send<{ id: string }>('POST', '/alerts', {
    workspace: oneOf(workspaces),
    sourceId: oneOf(api.sourceIds),
    title: oneOf(['late data', 'schema changed', 'volume dropped', 'nulls in a key']),
    severity: oneOf(['INFO', 'WARNING', 'WARNING', 'CRITICAL']),
    value: wholeNumber(1, 1000),
    tags: [oneOf(['freshness', 'schema', 'volume']), oneOf(['team-a', 'team-b'])],
    ...(causedById === undefined ? {} : { causedById }),
  })
  if (alert !== undefined) api.openAlertIds.push(alert.id)
}

async function resolveAlert(api: ApiClient): Promise<void> {
  const id = api.openAlertIds.shift()
  if (id !== undefined) await api.send('POST', `/alerts/${id}/resolve`)
}

async function addSources(api: ApiClient): Promise<void> {
  const names = [randomUUID(), randomUUID()]
  const created = await api.send<{ id: string }[]>(
    'POST',
    `/workspaces/${oneOf(workspaces)}/sources`,
    names.map((name) => ({ name, kind: 's3' })),
  )
  api.sourceIds.push(...(created ?? []).map((source) => source.id))
}

/** Deletes the newest one. The service rejects this for sources with a quality report. */
async function takeSourceAway(api: ApiClient): Promise<void> {
  if (api.sourceIds.length > 12) await api.send('DELETE', `/sources/${api.sourceIds.pop()}`)
}

/** The second name is a duplicate, so the first row is rolled back. */
async function addTakenSource(api: ApiClient): Promise<void> {
  await api.send('POST', `/workspaces/${workspaces[0]}/sources`, [
    { name: randomUUID(), kind: 's3' },
    { name: 'orders', kind: 'postgres' },
  ])
}

/** Imports known and new ones; the known ones are skipped. */
async function importAgain(api: ApiClient): Promise<void> {
  await api.send('POST', `/workspaces/${workspaces[0]}/import`, [
    { name: 'orders', kind: 'postgres' },
    { name: randomUUID(), kind: 's3' },
  ])
}
