// The global state that all copies of `@opentelemetry/api` 1.x in a process share. Reading it needs no
// import, and costs nothing if OpenTelemetry is not set up.
// https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/internal/global-utils.ts
const apiKey = Symbol.for('opentelemetry.js.api.1')
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

interface OpenTelemetry {
  readonly context?: {
    active(): { getValue(key: symbol): { spanContext(): SpanContext } | undefined }
  }
}

interface SpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

const sampledFlag = 1

/** The active span as the labels of an exemplar; undefined without a sampled span. */
export function activeTrace(): Readonly<Record<string, string>> | undefined {
  const { context } = (globalThis as { [apiKey]?: OpenTelemetry })[apiKey] ?? {}
  const span = context?.active().getValue(spanKey)?.spanContext()
  if (span === undefined || (span.traceFlags & sampledFlag) === 0) return undefined
  return { trace_id: span.traceId, span_id: span.spanId }
}
