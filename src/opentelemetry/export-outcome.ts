import type { MetricReader } from '@opentelemetry/sdk-metrics'
import { codedError } from '../support/coded-error.ts'
import { processState } from '../support/process-state.ts'
import type { ExportingReader } from './reader-internals.ts'

/** `ExportResultCode.SUCCESS` of OpenTelemetry's core, which is not imported at run time. */
const success = 0

export interface ObservedExports {
  /** @throws {Error} unless all that was collected since was exported. */
  expectSuccess(): void
  /** Stops observing. */
  end(): void
}

/** The exports that one flush has observed. */
interface Observer {
  collected: boolean
  pending: number
  failure: { readonly error: unknown } | undefined
}

const observersOf = processState(
  'observed-readers',
  1,
  () => new WeakMap<MetricReader, Set<Observer>>(),
)

/**
 * Sees what becomes of a reader's collections and exports: the reader itself reports failures to
 * OpenTelemetry's global error handler only. Concurrent flushes observe each other's exports, too.
 */
export function observeExports(exporting: ExportingReader): ObservedExports {
  const observers = observersOf.get(exporting.reader) ?? install(exporting)
  const observer: Observer = { collected: false, pending: 0, failure: undefined }
  observers.add(observer)
  return {
    expectSuccess() {
      const { collected, failure, pending } = observer
      if (failure !== undefined) throw failed(failure.error)
      if (!collected) throw failed('the reader is shut down or has no MeterProvider')
      if (pending > 0) throw failed("the reader's exportTimeoutMillis is over")
    },
    end() {
      observers.delete(observer)
    },
  }
}

/** Puts observing methods in front of the reader's and the exporter's own, once and for all. */
function install({ reader, exporter }: ExportingReader): Set<Observer> {
  const observers = new Set<Observer>()
  observersOf.set(reader, observers)
  const collect = reader.collect.bind(reader)
  const send = exporter.export.bind(exporter)
  reader.collect = async (options) => {
    const present = [...observers]
    try {
      const result = await collect(options)
      for (const observer of present) observer.collected = true
      return result
    } catch (error) {
      for (const observer of present) observer.failure ??= { error }
      throw error
    }
  }
  exporter.export = (metrics, callback) => {
    const present = [...observers]
    for (const observer of present) observer.pending += 1
    send(metrics, (result) => {
      const code: number = result.code
      for (const observer of present) {
        observer.pending -= 1
        if (code !== success) observer.failure ??= { error: result.error }
      }
      callback(result)
    })
  }
  return observers
}

function failed(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return codedError(
    'PRISMA_PROMETHEUS_EXPORT_FAILED',
    `prisma-prometheus: flush: the export failed: ${reason}`,
    { cause },
  )
}
