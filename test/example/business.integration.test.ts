import { register } from 'prom-client'
import { expect, test } from 'vitest'
import { createApi } from '../../example/api/api.ts'
import { connectPrisma } from '../../example/prisma.ts'
import { snapshot } from '../../src/testing/index.ts'
import { createDatabase } from '../support/database/database.ts'
import { serve } from '../support/serve.ts'

test('updates the eight business metrics from committed data', async () => {
  await using database = await createDatabase()
  await using monitoring = connectPrisma(database.url)
  await using service = await serve(createApi(monitoring.prisma))
  async function send<Body = { id: string }>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Body> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(service.url + path, { method, ...json })
    const text = await response.text()
    return (text === '' ? undefined : JSON.parse(text)) as Body
  }
  const alert = (severity: string, value: number): Promise<{ id: string }> =>
    send('POST', '/alerts', { workspace: 'acme', title: 'late', severity, value, tags: [] })

  await send('PUT', '/workspaces/acme', { name: 'Acme' })
  const sources = await send<{ id: string }[]>('POST', '/workspaces/acme/sources', [
    { name: 'orders', kind: 'postgres' },
    { name: 'clicks', kind: 'kafka' },
  ])
  const [orders = '', clicks = ''] = sources.map(({ id }) => id)
  const first = await alert('CRITICAL', 100)
  await alert('CRITICAL', 20)
  const third = await alert('INFO', 7)
  await alert('LOUD', 1000)
  await send('POST', `/alerts/${first.id}/resolve`)
  await send('POST', `/alerts/${first.id}/resolve`)
  await send('POST', `/alerts/${third.id}/resolve`)
  await send('POST', `/alerts/${orders}/resolve`)
  await send('POST', `/sources/${orders}/drift`, [
    { kind: 'SCHEMA', score: 1 },
    { kind: 'SCHEMA', score: 0.5 },
    { kind: 'VOLUME', score: 0.1 },
  ])
  await send('POST', `/sources/${clicks}/drift`, [{ kind: 'VOLUME', score: 0.3 }])
  await send('POST', `/sources/${first.id}/drift`, [{ kind: 'VOLUME', score: 0.3 }])
  const day = await database.query<{ today: string }>('SELECT current_date::text AS today')
  const quality = (source: string, score: number, failedChecks: number): Promise<unknown> =>
    send('PUT', `/sources/${source}/quality/${day[0]?.today}`, { score, checks: 9, failedChecks })
  await quality(orders, 0.5, 2)
  await quality(orders, 0.75, 3)
  await quality(clicks, 1, 0)
  await send('POST', '/jobs/score-sources/runs')
  await send('POST', '/jobs/sync-catalog/runs')
  await send('POST', '/jobs/sync-catalog/runs')

  const kafka = { source: 'kafka', kind: 'VOLUME' }
  await expect
    .poll(async () => (await snapshot(register)).value('monitoring_drift_events_total', kafka))
    .toBe(1)
  const now = await snapshot(register)
  const value = (name: string, labels?: Record<string, string>): number =>
    now.value(`monitoring_${name}`, labels)
  expect(value('alerts_raised_total')).toBe(3)
  expect(value('alerts_raised_total', { severity: 'CRITICAL' })).toBe(2)
  expect(value('alerts_resolved_total')).toBe(2)
  expect(value('alerts_resolved_total', { severity: 'INFO' })).toBe(1)
  expect(value('alerts_open')).toBe(1)
  expect(value('alerts_open', { severity: 'CRITICAL' })).toBe(1)
  expect(value('alert_resolution_seconds_count')).toBe(2)
  expect(value('alert_resolution_seconds_sum')).toBeGreaterThan(0)
  expect(value('drift_events_total')).toBe(4)
  expect(value('drift_events_total', { source: 'postgres', kind: 'SCHEMA' })).toBe(2)
  // The job has scored them anew: one divided by one more than the drift events.
  expect(value('quality_score_ratio', { source: 'postgres' })).toBeCloseTo(1 / 4)
  expect(value('quality_score_ratio', { source: 'kafka' })).toBeCloseTo(1 / 2)
  expect(value('quality_checks_failed_total')).toBe(5)
  expect(value('job_duration_seconds_count', { outcome: 'SUCCEEDED' })).toBe(1)
  expect(value('job_duration_seconds_count', { job_name: 'sync-catalog', outcome: 'FAILED' })).toBe(
    2,
  )
  expect(value('value_secured_total')).toBe(107)
  expect(now.value('prisma_event_handler_errors_total')).toBe(0)
  expect(
    now.value('prisma_scope_duration_seconds_count', { scope: 'sync-catalog', outcome: 'error' }),
  ).toBe(2)
})
