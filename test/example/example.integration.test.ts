import { Client } from 'pg'
import { expect, test, vi } from 'vitest'
import { createDatabase } from '../support/database/database.ts'
import { startExample } from './example.ts'

async function scrape(url: string): Promise<string[]> {
  const response = await fetch(url)
  const body = await response.text()
  return body.split('\n').filter((line) => line.startsWith('prisma_'))
}

/** The value of the series whose name and labels match. */
function valueOf(lines: readonly string[], series: RegExp): number {
  const line = lines.find((candidate) => series.test(candidate))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const metricsUrl = /Metrics +(\S+)/
const databaseUrl = /embedded Postgres at (\S+)/
const clean = { code: 0, signal: null }

test('exposes metrics on an embedded database, and removes it afterwards', async () => {
  const example = await startExample()
  const metrics = await example.printed(metricsUrl)
  const database = await example.printed(databaseUrl)

  const lines = await vi.waitFor(
    async () => {
      const scraped = await scrape(metrics)
      const seen = [
        /^prisma_model_inserts_total\{.*model="DriftEvent"/,
        /^prisma_model_inserts_total\{.*model="_AlertToTag"/,
        /^prisma_model_updates_total\{.*model="JobRun"/,
        /^prisma_model_upserts_total\{.*model="QualityReport"/,
        /^prisma_model_deletes_total\{.*model="DataSource"/,
        /^prisma_rolled_back_rows_total\{.*model="DataSource",action="insert"/,
        /^prisma_operation_errors_total\{.*code="P2002"/,
        /^prisma_operation_errors_total\{.*code="P2025"/,
        /^prisma_operation_errors_total\{.*code="P2028"/,
        /^prisma_operation_errors_total\{.*code="validation"/,
        /^prisma_transaction_duration_seconds_count\{.*outcome="rollback"/,
        /^prisma_savepoints_total\{.*outcome="released"/,
        /^prisma_savepoints_total\{.*outcome="rolled_back"/,
        /^prisma_operation_duration_seconds_count\{.*operation="\$queryRaw"/,
        /^prisma_operation_duration_seconds_count\{.*operation="\$executeRaw"/,
      ]
      const missing = seen.filter((series) => !(valueOf(scraped, series) > 0))
      expect(missing).toEqual([])
      return scraped
    },
    { timeout: 60_000, interval: 500 },
  )
  expect(lines.length).toBeGreaterThan(100)
  expect(await example.files()).not.toEqual([])

  expect(await example.end('SIGTERM')).toEqual(clean)
  expect(await example.files()).toEqual([])
  await expect(new Client({ connectionString: database }).connect()).rejects.toThrow('ECONNREFUSED')
  await expect(fetch(metrics)).rejects.toThrow('fetch failed')
  expect(example.output()).not.toMatch(/error|warning/i)
}, 90_000)

test('uses the database of DATABASE_URL, also a second time', async () => {
  await using database = await createDatabase('template1')

  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    const example = await startExample({ DATABASE_URL: database.url })
    const metrics = await example.printed(metricsUrl)
    await vi.waitFor(
      async () => {
        const lines = await scrape(metrics)
        expect(valueOf(lines, /^prisma_model_inserts_total\{.*model="DriftEvent"/)).toBeGreaterThan(
          0,
        )
      },
      { timeout: 30_000, interval: 100 },
    )
    expect(await example.files()).toEqual([])
    expect(await example.end(signal)).toEqual(clean)
  }

  const [row] = await database.query<{ migrations: number; workspaces: number }>(`
    SELECT (SELECT count(*)::int FROM _prisma_migrations) AS migrations,
           (SELECT count(*)::int FROM "Workspace") AS workspaces`)
  expect(row).toEqual({ migrations: 3, workspaces: 3 })
})

test('stops when interrupted while its database starts', async () => {
  const example = await startExample()
  const dataFolder = expect.stringMatching(/data.PG_VERSION$/)
  await vi.waitFor(async () => expect(await example.files()).toContainEqual(dataFolder), {
    timeout: 10_000,
    interval: 5,
  })

  expect(await example.end('SIGINT')).toEqual(clean)
  expect(await example.files()).toEqual([])
})
