import type { MetricReader } from '@opentelemetry/sdk-metrics'
import { codedError } from '../support/coded-error.ts'
import { expectThat, readOptions } from '../support/validate.ts'
import type { ExportErrors } from './export-errors.ts'
import { observeExports } from './export-outcome.ts'
import { collectParticipants } from './flush-participants.ts'
import { exportingReader } from './reader-internals.ts'

export interface FlushOptions {
  /**
   * How long the flush may take, in seconds. Keep it below the time the platform leaves, and above a
   * round trip to the receiver.
   * @default 10
   */
  readonly timeoutSeconds?: number
}

/**
 * Sends all recorded values: waits for a running export, exports once more, and resolves when the
 * receiver has accepted it. `reader.forceFlush()` resolves even if the export failed.
 *
 * @example
 * ```ts
 * await flush(reader, { timeoutSeconds: 2 })
 * ```
 *
 * @throws {TypeError} (as a rejection) for a reader without an exporter, or a wrong option.
 * @throws {Error} (as a rejection) if the export failed or the time is over. The failure is counted in
 * `prisma_opentelemetry_errors_total{stage="flush"}`.
 */
export async function flush(reader: MetricReader, options: FlushOptions = {}): Promise<void> {
  const { timeoutSeconds = 10 } = readOptions('options', options, { timeoutSeconds: true })
  expectThat(
    'timeoutSeconds',
    typeof timeoutSeconds === 'number' && timeoutSeconds > 0 && timeoutSeconds < 2 ** 31 / 1000,
    'a number of seconds greater than 0',
    timeoutSeconds,
  )
  const exporting = exportingReader(reader)
  const participants = new Set<ExportErrors>()
  const late = codedError(
    'PRISMA_PROMETHEUS_EXPORT_TIMEOUT',
    `prisma-prometheus: flush: expected the export to end in ${timeoutSeconds} s, it did not`,
  )
  const expired = Symbol('expired')
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<typeof expired>((resolve) => {
    // An answer that arrived while the process was frozen is read before its time is called over.
    const expire = (): unknown => setImmediate(() => setImmediate(resolve, expired))
    timer = setTimeout(expire, timeoutSeconds * 1000)
  })
  const within = async <T>(promise: Promise<T>): Promise<T> => {
    const first = await Promise.race([promise, deadline])
    if (first === expired) throw late
    return first
  }
  try {
    await within(exporting.idle())
    const observed = observeExports(exporting)
    try {
      await within(collectParticipants(participants, () => reader.forceFlush()))
      observed.expectSuccess()
    } finally {
      observed.end()
    }
  } catch (error) {
    for (const { flush: failed } of participants) failed.inc()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
