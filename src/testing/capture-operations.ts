import { defaultLibrary } from '../metrics/library/default-library.ts'
import { type CapturedOperations, runInside, trackersOf } from '../metrics/scope-trackers.ts'
import { codedError } from '../support/coded-error.ts'

export interface CaptureOptions {
  /**
   * The registry of the instrumented clients.
   * @default prom-client's global `register`
   */
  readonly registry?: object
}

/** The result of a function, and the operations of all clients of a registry while it ran. */
export interface Captured<R> {
  readonly result: R
  readonly operations: CapturedOperations
}

/** @throws {Error} (rejects) if the registry has no metrics of an extended client. */
export async function captureOperations<R>(
  subject: string,
  fn: () => R,
  { registry = defaultLibrary().register }: CaptureOptions,
  threshold: number = Number.POSITIVE_INFINITY,
  rejects: boolean = false,
): Promise<Captured<Awaited<R>>> {
  const captures = trackersOf(registry).map((tracker) => tracker.capture(threshold, rejects))
  if (captures.length === 0) {
    throw codedError(
      'PRISMA_PROMETHEUS_NOT_INSTRUMENTED',
      `prisma-prometheus/testing: ${subject}: expected a registry with the metrics of an extended client, got one without; pass { registry }`,
    )
  }
  let result
  let captured
  try {
    result = await runInside(captures, async () => await fn())
  } finally {
    captured = captures.map((capture) => capture.close())
  }
  return {
    result,
    operations: {
      calls: captured.flatMap(({ calls }) => calls),
      repeated: captured.flatMap(({ repeated }) => repeated),
    },
  }
}
