import type { ErrorReporter } from '../metrics/error-reporter.ts'

export interface RefreshedReading {
  /** The age in seconds from which a scrape starts another reading. */
  readonly refreshSeconds: number
  readonly errorReporter: ErrorReporter
  /** Starts a reading; returns undefined if there is no connection for it now. */
  readonly start: () => Promise<void> | undefined
}

// A scrape waits for the first reading, but never long; later ones run while the last one is served.
const patienceMilliseconds = 1000

/**
 * Returns what a gauge calls before it is collected, so that a reading of the database is at most
 * `refreshSeconds` old. Errors of a reading are reported; the gauge keeps its last values.
 */
export function refreshedReading(source: RefreshedReading): () => Promise<void> {
  const { refreshSeconds, errorReporter, start } = source
  let reading: Promise<void> | undefined
  let readAt = Number.NEGATIVE_INFINITY
  const watched = async (running: Promise<void>): Promise<void> => {
    try {
      await running
    } catch (error) {
      errorReporter.report(error)
    } finally {
      reading = undefined
    }
  }
  return async () => {
    if (reading === undefined && performance.now() - readAt >= refreshSeconds * 1000) {
      const running = start()
      if (running === undefined) return
      const first = readAt === Number.NEGATIVE_INFINITY
      readAt = performance.now()
      reading = watched(running)
      if (!first) return
    }
    if (reading !== undefined) await settledWithin(reading, patienceMilliseconds)
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
