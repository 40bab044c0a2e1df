import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import { secondsSince } from '../support/elapsed.ts'

export interface RefreshedReading {
  /** The name of the gauge without the option `prefix`: the `gauge` label of failed readings. */
  readonly gauge: string
  /** The age in seconds from which a scrape starts another reading. */
  readonly refreshSeconds: number
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  /** Starts a reading; returns undefined if there is no connection for it now. */
  readonly start: () => Promise<void> | undefined
}

// A scrape waits this long for the first reading. Later readings run while the last value is served.
const firstReadingMilliseconds = 1000

/**
 * Returns the function that a gauge calls before it is collected, so that a reading of the database is
 * at most `refreshSeconds` old. A reading that fails is a condition of the environment, counted in
 * `prisma_reading_errors_total`; the gauge keeps its last values.
 */
export function refreshedReading(source: RefreshedReading): () => Promise<void> {
  const { gauge, refreshSeconds, instruments, errorReporter, start } = source
  const errors = instruments.readingErrors.with(gauge)
  let reading: Promise<void> | undefined
  let readAt = Number.NEGATIVE_INFINITY
  const watched = async (running: Promise<void>): Promise<void> => {
    try {
      await running
    } catch (error) {
      errors.inc()
      errorReporter.notify(error)
    } finally {
      reading = undefined
    }
  }
  return async () => {
    if (reading === undefined && secondsSince(readAt) >= refreshSeconds) {
      const running = start()
      if (running === undefined) return
      const first = readAt === Number.NEGATIVE_INFINITY
      readAt = performance.now()
      reading = watched(running)
      if (!first) return
    }
    if (reading !== undefined) await settledWithin(reading, firstReadingMilliseconds)
  }
}

function settledWithin(promise: Promise<void>, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void promise.finally(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
