import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { exposeMetrics } from '../../src/index.ts'
import { type Connected, connect, gate } from '../events/connect.ts'
import { ask } from './ask.ts'

interface DatabaseAnswer {
  readonly note?: string
  readonly tables: { readonly id: string; readonly rows: readonly unknown[][] }[]
}

async function serveLive({ registry }: Connected): Promise<number> {
  const server = createServer(exposeMetrics(undefined, { registry, live: true }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  // The page listens to the client from its first reader on.
  await ask(port, '/metrics/live')
  return port
}

async function askDatabase(port: number, client = 'default'): Promise<DatabaseAnswer> {
  const path = `/metrics/live/database?client=${client}`
  const { status, body } = await ask(port, path, { accept: 'application/json' })
  expect(status).toBe(200)
  return JSON.parse(body) as DatabaseAnswer
}

function rowsOf({ tables }: DatabaseAnswer, id: string): readonly unknown[][] {
  return tables.find((table) => table.id === id)?.rows ?? []
}

test('asks Postgres for tables, indexes and running queries, without values or traces', async () => {
  const connected = await connect({ max: 3 })
  const { prisma, registry } = connected
  await prisma.tag.createMany({ data: [{ name: 'secret-a' }, { name: 'secret-b' }] })
  const port = await serveLive(connected)
  const held = gate()
  const reached = gate()
  const holder = prisma.$transaction(async (tx) => {
    await tx.$queryRawUnsafe(`SELECT 'secret-literal', 4242424242`)
    reached.open()
    await held.passed
  })
  await reached.passed
  const before = await registry.getSingleMetricAsString('prisma_statement_duration_seconds')
  const answer = await askDatabase(port)
  expect(await registry.getSingleMetricAsString('prisma_statement_duration_seconds')).toBe(before)
  held.open()
  await holder

  expect(answer.note).toBeUndefined()
  expect(rowsOf(answer, 'database-models').map(([model]) => model)).toContain('Tag')
  expect(rowsOf(answer, 'database-indexes').length).toBeGreaterThan(0)
  const fingerprints = rowsOf(answer, 'database-running').map((row) => row.at(-1))
  expect(fingerprints).toContain('SELECT ?')
  expect(JSON.stringify(answer)).not.toMatch(/secret|4242424242/)

  // The settings of the reading end with it, on every connection of the pool.
  const settings = await Promise.all(
    Array.from({ length: 3 }, () =>
      prisma.$transaction(
        (tx) =>
          tx.$queryRaw`SELECT current_setting('statement_timeout') AS timeout, current_setting('transaction_read_only') AS "readOnly"`,
      ),
    ),
  )
  expect(settings).toEqual(Array.from({ length: 3 }, () => [{ timeout: '0', readOnly: 'off' }]))
  await prisma.tag.create({ data: { name: 'written after' } })
})

test('does not take the last connection of a pool', async () => {
  const connected = await connect({ max: 1 })
  const { prisma } = connected
  await prisma.tag.count()
  const port = await serveLive(connected)
  const held = gate()
  const reached = gate()
  const holder = prisma.$transaction(async (tx) => {
    await tx.tag.count()
    reached.open()
    await held.passed
  })
  await reached.passed
  const { note, tables } = await askDatabase(port)
  held.open()
  await holder
  expect(note).toContain('No connection is free')
  expect(tables).toEqual([])
})

test('asks once for readers within ten seconds', async () => {
  const connected = await connect()
  const { prisma } = connected
  await prisma.tag.count()
  const port = await serveLive(connected)
  const [first, second] = await Promise.all([askDatabase(port), askDatabase(port)])
  await prisma.tag.create({ data: { name: 'new' } })
  const third = await askDatabase(port)
  expect(second).toEqual(first)
  expect(third).toEqual(first)
})

test('refuses readers from other sites', async () => {
  const connected = await connect()
  const port = await serveLive(connected)
  for (const site of ['cross-site', 'same-site']) {
    const { status } = await ask(port, '/metrics/live/database', { 'sec-fetch-site': site })
    expect(status).toBe(403)
  }
})

test('answers with a page for readers without scripts', async () => {
  const connected = await connect()
  await connected.prisma.tag.count()
  const port = await serveLive(connected)
  const { body, headers } = await ask(port, '/metrics/live/database?client=default')
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(body).toContain('<table id="database-models">')
})
