import type { ExponentialHistogramMetricData, MetricData } from '@opentelemetry/sdk-metrics'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { type HistogramForm, HistogramFamily } from '../../src/metrics/histogram.ts'
import { nativeBound } from '../../src/metrics/histograms/native-buckets.ts'
import { metricProducer } from '../../src/opentelemetry/index.ts'

/** `DataPointType.EXPONENTIAL_HISTOGRAM`. */
const exponential = 1

function waits(form: HistogramForm): { registry: Registry; family: HistogramFamily } {
  const registry = new Registry()
  const declared = { name: 'wait_seconds', help: 'Waits.', labelNames: ['model'] } as const
  const family = new HistogramFamily(
    { ...declared, type: 'histogram', aggregator: 'sum' },
    [0.1, 1],
    form,
  )
  registry.registerMetric(family as never)
  return { registry, family }
}

type Producer = ReturnType<typeof metricProducer>

async function collected(producer: Producer): Promise<MetricData | undefined> {
  const { resourceMetrics, errors } = await producer.collect()
  expect(errors).toEqual([])
  return resourceMetrics.scopeMetrics[0]?.metrics.find(({ descriptor }) =>
    descriptor.name.startsWith('wait'),
  )
}

async function points(producer: Producer) {
  const data = (await collected(producer)) as ExponentialHistogramMetricData | undefined
  return data?.dataPoints.map(({ value }) => value) ?? []
}

describe('native histograms', () => {
  test('are exported as exponential histograms, numbered by lower bounds', async () => {
    const { registry, family } = waits('native')
    const series = family.with(['User'])
    for (const value of [1, 2, 2 ** (1 / 8), 0]) series.observe(value)
    const data = await collected(metricProducer({ registry }))
    expect(data?.dataPointType).toBe(exponential)
    const { dataPoints } = data as ExponentialHistogramMetricData
    const { value } = dataPoints[0] as (typeof dataPoints)[number]
    expect(value).toMatchObject({ scale: 4, zeroCount: 1, count: 4, sum: 3 + 2 ** (1 / 8) })
    // A bucket of OpenTelemetry reaches from base ** index, excluded, to base ** (index + 1).
    const base = 2 ** (2 ** -value.scale)
    const { offset, bucketCounts } = value.positive
    const filled = bucketCounts.flatMap((count, at) => (count > 0 ? [offset + at] : []))
    expect(filled.length).toBe(3)
    for (const [at, observed] of [1, 2 ** (1 / 8), 2].entries()) {
      const index = filled[at] as number
      expect(base ** index).toBeLessThan(observed)
      expect(base ** (index + 1)).toBeGreaterThanOrEqual(observed * (1 - 1e-12))
    }
  })

  test('have deltas that add up to the total, across a halved resolution', async () => {
    const { registry, family } = waits('native')
    const series = family.with(['User'])
    const producer = metricProducer({ registry, temporality: 'delta' })
    let count = 0
    let sum = 0
    const scales = new Set<number>()
    for (let at = 0; at < 200; at++) {
      series.observe(nativeBound(4, at))
      if (at % 40 !== 39) continue
      for (const value of await points(producer)) {
        const inBuckets = value.positive.bucketCounts.reduce((all, each) => all + each, 0)
        expect(inBuckets + value.zeroCount).toBe(value.count)
        count += value.count
        sum += value.sum ?? Number.NaN
        scales.add(value.scale)
      }
    }
    expect(count).toBe(200)
    expect(sum).toBeCloseTo(series.sum, 6)
    expect([...scales]).toEqual([4, 3])
    expect(await points(producer)).toEqual([])
  })

  test('restart after a reset', async () => {
    const { registry, family } = waits('native')
    const producer = metricProducer({ registry, temporality: 'delta' })
    family.with(['User']).observe(1)
    await points(producer)
    registry.resetMetrics()
    family.with(['User']).observe(4)
    expect(await points(producer)).toMatchObject([{ count: 1, sum: 4 }])
  })

  test('have at most 160 buckets, empty ones included', async () => {
    const { registry, family } = waits('native')
    for (const value of [1e-6, 1e6]) family.with(['User']).observe(value)
    const [value] = await points(metricProducer({ registry }))
    expect(value?.positive.bucketCounts.length).toBeLessThanOrEqual(160)
    expect(value?.count).toBe(2)
  })
})

test('exports the stable bounds with both forms', async () => {
  const { registry, family } = waits('both')
  family.with(['User']).observe(0.5)
  const data = await collected(metricProducer({ registry }))
  expect(data?.dataPointType).not.toBe(exponential)
  expect(data?.dataPoints[0]?.value).toMatchObject({ buckets: { boundaries: [0.1, 1] } })
})
