import { context, trace, TraceFlags } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { metricProducer } from '../../src/opentelemetry/index.ts'
import { ownMetrics, sqliteClient } from './registry.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

/** The exemplars of a metric's points. They are not part of the SDK's types up to 3.1. */
async function exemplarsOf(
  producer: ReturnType<typeof metricProducer>,
  name: string,
): Promise<unknown[]> {
  const { resourceMetrics } = await producer.collect()
  const metrics: readonly MetricData[] = resourceMetrics.scopeMetrics.flatMap(
    (scope) => scope.metrics,
  )
  const points = metrics
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }): object[] => dataPoints)
  return points.flatMap((point) => ('exemplars' in point ? [point.exemplars].flat() : []))
}

test('points carry the trace and span of sampled operations, once in delta', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  onTestFinished(() => context.disable())
  const registry = new Registry()
  await using subject = await sqliteClient({ registry })
  const within = (traceFlags: TraceFlags): Promise<unknown> => {
    const span = trace.wrapSpanContext({ traceId, spanId, traceFlags })
    return context.with(trace.setSpan(context.active(), span), async () =>
      subject.client.tag.findMany(),
    )
  }
  const cumulative = metricProducer({ registry })
  const delta = metricProducer({ registry, temporality: 'delta' })
  const duration = 'db.client.operation.duration'
  await within(TraceFlags.NONE)
  expect(await exemplarsOf(cumulative, duration)).toEqual([])
  await within(TraceFlags.SAMPLED)
  const exemplar = { traceId, spanId, filteredAttributes: {}, value: expect.any(Number) }
  expect(await exemplarsOf(cumulative, duration)).toMatchObject([exemplar])
  expect(await exemplarsOf(delta, duration)).toMatchObject([exemplar])
  await within(TraceFlags.NONE)
  expect(await exemplarsOf(delta, duration)).toEqual([])
})

test('points of metrics without exemplars have none, not an empty list', async () => {
  const registry = new Registry()
  ownMetrics(registry).sizes.observe({ kind: 'image' }, 5)
  const { resourceMetrics } = await metricProducer({ registry }).collect()
  expect(JSON.stringify(resourceMetrics.scopeMetrics)).not.toContain('exemplars')
})
