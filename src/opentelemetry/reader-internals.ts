import type { MetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { expectThat, isObject } from '../support/validate.ts'

/**
 * The private side of `PeriodicExportingMetricReader`, the same from SDK 2.0 to 3.1: its exporter, and
 * since 2.8 the promise of a running export. This file alone knows it.
 */
interface Internals {
  readonly _exporter?: unknown
  readonly _ongoingExportPromise?: Promise<unknown> | null
}

export interface ExportingReader {
  readonly reader: MetricReader
  readonly exporter: PushMetricExporter
  /** Resolves when no export runs. */
  idle(): Promise<void>
}

/** @throws {TypeError} for a reader that has no exporter. */
export function exportingReader(reader: MetricReader): ExportingReader {
  const internals: Internals = isObject(reader) ? (reader as object) : {}
  const { _exporter: exporter } = internals
  expectThat('flush(reader): the reader', isExporter(exporter), readerExpected, reader)
  return {
    reader,
    exporter,
    async idle() {
      // A running export may be followed by another before this continues.
      for (;;) {
        const { _ongoingExportPromise: running } = internals
        // oxlint-disable-next-line no-await-in-loop -- one export after the other
        if (isObject(running)) await Promise.allSettled([running])
        // An older SDK does not keep the promise, but its exporter knows its requests.
        else return running === undefined ? exporter.forceFlush() : undefined
      }
    },
  }
}

const readerExpected = 'a PeriodicExportingMetricReader, or one made like it, with an exporter'

function isExporter(value: unknown): value is PushMetricExporter {
  if (!isObject(value)) return false
  const { export: send, forceFlush } = value as Partial<PushMetricExporter>
  return typeof send === 'function' && typeof forceFlush === 'function'
}
