import type { OtlpAttribute, OtlpMetric, OtlpPoint, OtlpRequest } from './decode.ts'

export type Attributes = Readonly<Record<string, string | number | boolean>>

/** One data point of a request, with what its metric and resource say about it. */
export interface Point {
  readonly instance: string
  readonly scope: string
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly kind: 'gauge' | 'counter' | 'updowncounter' | 'histogram'
  readonly temporality: 'delta' | 'cumulative' | undefined
  readonly attributes: Attributes
  /** Nanoseconds since 1970. */
  readonly start: bigint
  readonly time: bigint
  /** The value of a number, the sum of a histogram. */
  readonly value: number | undefined
  readonly count: number
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
}

const temporalities = { 1: 'delta', 2: 'cumulative' } as const

export function pointsOf(request: OtlpRequest): Point[] {
  const points: Point[] = []
  for (const { resource, scopeMetrics = [] } of request.resourceMetrics ?? []) {
    const instance = attributesOf(resource?.attributes)['service.instance.id'] ?? ''
    for (const { scope, metrics = [] } of scopeMetrics) {
      for (const metric of metrics) {
        const data = metric.gauge ?? metric.sum ?? metric.histogram ?? {}
        const common = {
          instance: String(instance),
          scope: `${scope?.name} ${scope?.version}`,
          name: metric.name,
          description: metric.description ?? '',
          unit: metric.unit ?? '',
          kind: kindOf(metric),
          temporality:
            temporalities[
              (metric.sum ?? metric.histogram)?.aggregationTemporality as keyof typeof temporalities
            ],
        }
        for (const point of data.dataPoints ?? []) points.push({ ...common, ...valuesOf(point) })
      }
    }
  }
  return points
}

function kindOf({ name, gauge, sum, histogram }: OtlpMetric): Point['kind'] {
  if (gauge !== undefined) return 'gauge'
  if (histogram !== undefined) return 'histogram'
  if (sum === undefined) throw new Error(`${name} has no data`)
  return sum.isMonotonic === true ? 'counter' : 'updowncounter'
}

function valuesOf(point: OtlpPoint): Omit<Point, 'instance' | 'scope' | keyof Head> {
  const { asInt, asDouble, sum, count = 0, bucketCounts = [], explicitBounds = [] } = point
  const number = asInt === undefined ? asDouble : Number(asInt)
  return {
    attributes: attributesOf(point.attributes),
    start: BigInt(point.startTimeUnixNano ?? 0),
    time: BigInt(point.timeUnixNano ?? 0),
    value: number ?? sum,
    count: Number(count),
    bounds: explicitBounds,
    counts: bucketCounts.map(Number),
  }
}

type Head = Pick<Point, 'name' | 'description' | 'unit' | 'kind' | 'temporality'>

function attributesOf(list: readonly OtlpAttribute[] = []): Attributes {
  return Object.fromEntries(
    list.map(({ key, value }) => [
      key,
      value.stringValue ?? value.doubleValue ?? value.boolValue ?? Number(value.intValue),
    ]),
  )
}
