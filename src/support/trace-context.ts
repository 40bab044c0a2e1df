// Where all copies of `@opentelemetry/api` 1.x in a process meet, whichever module system loaded them:
// reading it here takes no import, and nothing happens where OpenTelemetry is not set up.
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

/** The active span as the labels of an exemplar; undefined where there is none that is sampled. */
export function activeTrace(): Readonly<Record<string, string>> | undefined {
  const { context } = (globalThis as { [apiKey]?: OpenTelemetry })[apiKey] ?? {}
  const span = context?.active().getValue(spanKey)?.spanContext()
  if (span === undefined || (span.traceFlags & sampledFlag) === 0) return undefined
  return { trace_id: span.traceId, span_id: span.spanId }
}
