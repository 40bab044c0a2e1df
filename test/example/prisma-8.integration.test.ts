import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { register } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { createPrisma8Api } from '../../example/prisma-8/api.ts'
import { connectPrisma8 } from '../../example/prisma-8/client.ts'
import { snapshot } from '../../src/testing/index.ts'
import { createDatabase } from '../support/database/database.ts'
import { serve } from '../support/serve.ts'
import { startExample } from './example.ts'

test('serves the routes of the service on Prisma 8, and counts the rows that the triggers saw', async () => {
  await using database = await createDatabase()
  await using connection = connectPrisma8(database.url)
  await using service = await serve(createPrisma8Api(connection.db))
  async function send<Body = { id: string }>(
    method: string,
    path: string,
    body?: unknown,
    expected = 200,
  ): Promise<Body> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(service.url + path, { method, ...json })
    const text = await response.text()
    expect({ path, status: response.status, text }).toMatchObject({ path, status: expected })
    return (text === '' ? undefined : JSON.parse(text)) as Body
  }
  const alert = {
    workspace: 'acme',
    title: 'late',
    severity: 'WARNING',
    value: 7,
    tags: ['a', 'b'],
  }

  await send('PUT', '/workspaces/acme', { name: 'first' })
  await send('PUT', '/workspaces/acme', { name: 'Acme' })
  const sources = await send<{ id: string }[]>(
    'POST',
    '/workspaces/acme/sources',
    [
      { name: 'orders', kind: 'postgres' },
      { name: 'clicks', kind: 'kafka' },
    ],
    201,
  )
  const [orders = '', clicks = ''] = sources.map(({ id }) => id)
  const taken = [
    { name: 'new', kind: 's3' },
    { name: 'orders', kind: 'postgres' },
  ]
  await send('POST', '/workspaces/acme/sources', taken, 409)
  await send('POST', '/workspaces/none/sources', taken, 404)
  expect(await send('POST', '/workspaces/acme/import', taken)).toEqual({ imported: 1, skipped: 1 })
  const raised = await send<{ id: string; tags: unknown[] }>('POST', '/alerts', alert, 201)
  expect(raised.tags).toHaveLength(2)
  await send('POST', '/alerts', { ...alert, sourceId: orders, causedById: raised.id }, 201)
  await send('POST', '/alerts', { ...alert, severity: 'LOUD' }, 400)
  expect(await send<unknown[]>('GET', '/alerts')).toHaveLength(2)
  await send('POST', `/alerts/${raised.id}/resolve`)
  await send('POST', `/alerts/${raised.id}/resolve`, undefined, 404)
  await send('POST', '/alerts/escalate', { olderThanSeconds: 0 })
  await send('POST', '/tags', { name: 'c' }, 201)
  await send('POST', '/tags', { name: 'c' }, 409)
  await send('POST', `/sources/${orders}/heartbeat`, undefined, 204)
  await send(
    'POST',
    `/sources/${orders}/drift`,
    [
      { kind: 'SCHEMA', score: 1 },
      { kind: 'VOLUME', score: 0.5 },
    ],
    201,
  )
  await send('PUT', `/sources/${orders}/quality/2026-01-01`, {
    score: 0.5,
    checks: 9,
    failedChecks: 1,
  })
  await send('PUT', `/sources/${orders}/quality/2026-01-01`, {
    score: 0.7,
    checks: 9,
    failedChecks: 2,
  })
  expect(await send(`GET`, `/sources/${orders}`)).toMatchObject({
    // Their times are equal.
    driftEvents: [{ kind: expect.any(String) }, { kind: expect.any(String) }],
    qualityReports: [{ score: 0.7, failedChecks: 2 }],
  })
  await send('DELETE', `/sources/${orders}`, undefined, 409)
  await send('DELETE', `/sources/${clicks}`, undefined, 204)
  await send('GET', `/sources/${clicks}`, undefined, 404)
  await send('POST', '/jobs/score-sources/runs', undefined, 204)
  await send('POST', '/jobs/sync-catalog/runs', undefined, 500)
  await send('POST', '/jobs/rebuild-history/runs', undefined, 204)
  expect(await send<unknown[]>('GET', '/jobs')).toHaveLength(3)
  for (const report of ['summary', 'drift', 'history']) await send('GET', `/reports/${report}`)
  expect(await send<unknown[]>('GET', '/workspaces')).toMatchObject([{ name: 'Acme' }])
  expect(await send('POST', '/maintenance/cleanup', { olderThanSeconds: 0 })).toMatchObject({
    alerts: 1,
    jobRuns: 3,
  })

  const now = await snapshot(register)
  const audited = await database.audit()
  const models: Readonly<Record<string, string>> = { job_runs: 'JobRun', _AlertToTag: 'AlertToTag' }
  for (const [table, truth] of Object.entries(audited)) {
    const model = models[table] ?? table
    const of = (metric: string): number => now.value(metric, { model })
    const upserts = of('prisma_model_upserts_total')
    const written = of('prisma_model_inserts_total') + of('prisma_model_updates_total') + upserts
    expect({ model, written, deleted: of('prisma_model_deletes_total') }).toEqual({
      model,
      written: truth.insert + truth.update,
      deleted: truth.delete,
    })
  }
  expect(now.value('prisma_model_upserts_total', { model: 'QualityReport' })).toBe(4)
  expect(now.value('prisma_scope_duration_seconds_count', { scope: 'sync-catalog' })).toBe(1)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
})

test('has the routes of the service on Prisma 7', async () => {
  const seven = await routesIn('example/api/routes')
  expect(seven.length).toBeGreaterThan(15)
  expect(await routesIn('example/prisma-8/routes')).toEqual(seven)
})

/** Method and template of the routes that the files of a folder declare. */
async function routesIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'))
  const declared = /route\('(\w+)', '([^']+)'/g
  return (await Promise.all(files))
    .flatMap((source) => [...source.matchAll(declared)].map(([, ...route]) => route.join(' ')))
    .toSorted()
}

test('runs under traffic with PRISMA=8', async () => {
  const example = await startExample({ PRISMA: '8' })
  const metrics = await example.printed(/Metrics +(\S+)/)
  await vi.waitFor(
    async () => {
      const scrape = await (await fetch(metrics)).text()
      for (const series of [
        /^prisma_model_inserts_total\{.*model="DriftEvent"\} [1-9]/m,
        /^prisma_model_inserts_total\{.*model="AlertToTag"\} [1-9]/m,
        /^prisma_model_upserts_total\{.*model="QualityReport"\} [1-9]/m,
        /^prisma_rolled_back_rows_total\{.*model="DataSource",action="insert"\} [1-9]/m,
        /^prisma_operation_errors_total\{.*code="23505"\} [1-9]/m,
        /^prisma_client_info\{.*client_version="8"/m,
        /^http_server_request_duration_seconds_count\{.*http_route="\/alerts"/m,
      ])
        expect(scrape).toMatch(series)
    },
    { timeout: 60_000, interval: 500 },
  )
  expect(await example.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(example.output()).not.toMatch(/error|warning/i)
}, 90_000)
