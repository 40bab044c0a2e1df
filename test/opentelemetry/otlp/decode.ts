import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

/** A request of OTLP/HTTP as it came: JSON, or protobuf in the notation of its JSON mapping. */
export interface OtlpRequest {
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: readonly OtlpAttribute[] }
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string; readonly version?: string }
      readonly metrics?: readonly OtlpMetric[]
    }[]
  }[]
}

export interface OtlpMetric {
  readonly name: string
  readonly description?: string
  readonly unit?: string
  readonly gauge?: { readonly dataPoints?: readonly OtlpPoint[] }
  readonly sum?: {
    readonly dataPoints?: readonly OtlpPoint[]
    readonly aggregationTemporality?: number
    readonly isMonotonic?: boolean
  }
  readonly histogram?: {
    readonly dataPoints?: readonly OtlpPoint[]
    readonly aggregationTemporality?: number
  }
}

type Integer = string | number

export interface OtlpPoint {
  readonly attributes?: readonly OtlpAttribute[]
  readonly startTimeUnixNano?: Integer
  readonly timeUnixNano?: Integer
  readonly asDouble?: number
  readonly asInt?: Integer
  readonly count?: Integer
  readonly sum?: number
  readonly bucketCounts?: readonly Integer[]
  readonly explicitBounds?: readonly number[]
  readonly exemplars?: readonly unknown[]
}

export interface OtlpAttribute {
  readonly key: string
  readonly value: {
    readonly stringValue?: string
    readonly intValue?: Integer
    readonly doubleValue?: number
    readonly boolValue?: boolean
  }
}

const schema = protobuf.loadSync(fileURLToPath(new URL('metrics.proto', import.meta.url)))
const request = schema.lookupType('ExportMetricsServiceRequest')

/** @throws for a body that is not what its content type says. */
export function decode(contentType: string, body: Buffer): OtlpRequest {
  if (contentType.startsWith('application/json')) {
    return JSON.parse(body.toString('utf8')) as OtlpRequest
  }
  if (contentType !== 'application/x-protobuf') throw new Error(`content type ${contentType}`)
  return request.toObject(request.decode(body), { longs: String, bytes: String })
}
