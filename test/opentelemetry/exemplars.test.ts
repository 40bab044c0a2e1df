import { context, trace, TraceFlags } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { metricProducer } from '../../src/opentelemetry/index.ts'
import { type Encoding, exporting } from './exporting.ts'
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

/** Runs `work` in a span that is sampled, unless `traceFlags` says otherwise. */
function inSpan(
  work: () => PromiseLike<unknown>,
  traceFlags = TraceFlags.SAMPLED,
): Promise<unknown> {
  const span = trace.wrapSpanContext({ traceId, spanId, traceFlags })
  return context.with(trace.setSpan(context.active(), span), async () => work())
}

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterEach(() => context.disable())

test('points carry the trace and span of sampled operations, once in delta', async () => {
  const registry = new Registry()
  await using subject = await sqliteClient({ registry })
  const within = (traceFlags: TraceFlags): Promise<unknown> =>
    inSpan(() => subject.client.tag.findMany(), traceFlags)
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

// docs/opentelemetry.md says so. If this fails, the exporters send them: change the page.
test.each<Encoding>(['json', 'protobuf'])(
  'the exporters of OpenTelemetry leave exemplars out of a request of %s',
  async (encoding) => {
    const registry = new Registry()
    await using exported = await exporting({ registry, encoding })
    const collect = exported.reader.collect.bind(exported.reader)
    let collected = ''
    exported.reader.collect = async (options) => {
      const result = await collect(options)
      collected = JSON.stringify(result.resourceMetrics.scopeMetrics)
      return result
    }
    await using subject = await sqliteClient({ registry })
    await inSpan(() => subject.client.tag.findMany())
    await exported.flush()
    expect(collected).toContain(traceId)
    expect(JSON.stringify(exported.receiver.requests)).not.toContain('exemplars')
  },
)
