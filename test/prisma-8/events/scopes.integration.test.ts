import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { trace } from '@opentelemetry/api'
import { AlwaysOnSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { expect, onTestFinished, test } from 'vitest'
import { exposeMetrics, metricsResponse } from '../../../src/prisma-8.ts'
import { expectNoNPlusOne, expectOperations } from '../../../src/testing/index.ts'
import { statement } from '../truth/statement.ts'
import { connect } from '../connect.ts'

test('counts what a function does with expectOperations', async () => {
  const { db, registry } = await connect()
  const { Tag } = db.orm.public
  const twice = async (): Promise<string> => {
    await Tag.create({ name: 'a' })
    await db.transaction((tx) => tx.orm.public.Tag.all())
    return 'done'
  }
  expect(await expectOperations(twice, { registry }).toBe(2)).toBe('done')
  const three = async (): Promise<void> => {
    for (const id of [1, 2]) await Tag.first({ id })
    await db.runtime().execute(statement(db, 'SELECT 1'))
  }
  await expect(expectOperations(three, { registry }).toBeAtMost(2)).rejects.toThrow(
    'expected at most 2 operations, got 3:\n  2 × Tag.first\n  1 × $raw.raw-query',
  )
})

test('finds repeated operations with expectNoNPlusOne', async () => {
  const { db, registry } = await connect()
  const repeated = async (): Promise<void> => {
    for (const name of ['a', 'b', 'c', 'd']) await db.orm.public.Tag.where({ name }).first()
  }
  await expect(expectNoNPlusOne(repeated, { registry, threshold: 3 })).rejects.toThrow(
    /Tag\.first[^]*where\(\{ name: \? \}\)\.first\(\)/,
  )
  const different = async (): Promise<void> => {
    await db.orm.public.Tag.where({ name: 'a' }).first()
    await db.orm.public.User.where({ email: 'a' }).first()
  }
  await expectNoNPlusOne(different, { registry, threshold: 3 })
})

test('measures each request as a scope', async () => {
  const { db, registry, snapshot } = await connect()
  const application = exposeMetrics(
    async (_request, response) => {
      await db.orm.public.Tag.create({ name: 'a' })
      await db.orm.public.Tag.all()
      response.end('ok')
    },
    { registry },
  )
  const server = createServer(application).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await (await fetch(`http://127.0.0.1:${port}/tags`)).text()
  await expect.poll(async () => (await snapshot()).value('prisma_scope_operations_count')).toBe(1)
  const now = await snapshot()
  expect(now.value('prisma_scope_operations_sum')).toBe(2)
  expect(now.value('prisma_scope_database_seconds_sum')).toBeGreaterThan(0)
})

test('reports slow operations with their structure, and without values', async () => {
  const slow: { model: string; operation: string; stack?: string | undefined }[] = []
  const { db, snapshot } = await connect({
    slowOperation: { seconds: 0.05, onSlow: (operation) => slow.push(operation) },
  })
  const sleep = db.raw.sql`SELECT pg_sleep(${0.1})::text AS slept`
  await db.runtime().query(sleep.returnsRow({ slept: 'pg/text@1' }).build())
  const now = await snapshot()
  expect(now.value('prisma_slow_operations_total', { model: '$raw' })).toBe(1)
  expect(slow).toMatchObject([{ model: '$raw', operation: 'raw-query' }])
  expect(JSON.stringify(slow)).toContain('pg_sleep(?)')
  expect(JSON.stringify(slow)).not.toContain('0.1)')
  expect(slow[0]?.stack).toMatch(/scopes\.integration\.test\.ts/)
})

test('exposes an operation of a sampled trace as an exemplar', async () => {
  const provider = new NodeTracerProvider({ sampler: new AlwaysOnSampler() })
  provider.register()
  onTestFinished(async () => {
    await provider.shutdown()
    trace.disable()
  })
  const { db, registry } = await connect()
  const { traceId, spanId } = await trace.getTracer('test').startActiveSpan('job', async (span) => {
    await db.orm.public.Tag.create({ name: 'a' })
    span.end()
    return span.spanContext()
  })
  const accept = 'application/openmetrics-text; version=1.0.0'
  const request = new Request('http://localhost/metrics', { headers: { accept } })
  const response = await metricsResponse(request, { registry })
  const exemplars = (await response.text()).split('\n').filter((line) => line.includes(' # {'))
  expect(exemplars).toHaveLength(1)
  expect(exemplars[0]).toContain('model="Tag",operation="create"')
  expect(exemplars[0]).toContain(`# {trace_id="${traceId}",span_id="${spanId}"}`)
})
