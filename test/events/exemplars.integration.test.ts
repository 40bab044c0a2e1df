import { trace, TraceFlags } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  NodeTracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace-node'
import type { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { metricsResponse } from '../../src/index.ts'
import { connect } from './connect.ts'

function openTelemetry(sampler: Sampler): void {
  const provider = new NodeTracerProvider({ sampler })
  provider.register()
  onTestFinished(async () => {
    await provider.shutdown()
    trace.disable()
  })
}

async function exemplars(registry: Registry): Promise<string[]> {
  const request = new Request('http://localhost/metrics', {
    headers: { accept: 'application/openmetrics-text; version=1.0.0' },
  })
  const response = await metricsResponse(request, { registry })
  const body = await response.text()
  return body.split('\n').filter((line) => line.includes(' # {'))
}

test('records an operation in a sampled trace as the exemplar of its bucket', async () => {
  openTelemetry(new AlwaysOnSampler())
  const { prisma, registry } = await connect()
  await prisma.tag.findMany()
  expect(await exemplars(registry)).toEqual([])

  const { traceId, spanId } = await trace
    .getTracer('test')
    .startActiveSpan('request', async (span) => {
      await prisma.$queryRaw`SELECT pg_sleep(0.3)::text`
      await prisma.tag.create({ data: { nam: 'a' } as never }).catch(() => {})
      span.end()
      return span.spanContext()
    })

  const labels = `trace_id="${traceId}",span_id="${spanId}"`
  const lines = await exemplars(registry)
  expect(lines).toHaveLength(2)
  expect(lines.find((line) => line.includes('$queryRaw'))).toMatch(
    new RegExp(
      String.raw`^prisma_operation_duration_seconds_bucket\{client="default",model="\$raw",operation="\$queryRaw",le="[\d.]+"\} 1 # \{${labels}\} \d\.\d+ \d{10}\.\d+$`,
    ),
  )
  expect(lines.find((line) => line.includes('operation="create"'))).toContain(labels)
})

test('records no exemplar for a trace that is not sampled', async () => {
  openTelemetry(new AlwaysOffSampler())
  const { prisma, registry } = await connect()

  await trace.getTracer('test').startActiveSpan('request', async (span) => {
    expect(span.spanContext().traceFlags).toBe(TraceFlags.NONE)
    await prisma.tag.findMany()
  })

  expect(await exemplars(registry)).toEqual([])
})
