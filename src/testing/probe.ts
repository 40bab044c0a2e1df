import { defaultLibrary } from '../metrics/default-library.ts'
import { type CapturedOperations, runInside, trackersOf } from '../metrics/scope-trackers.ts'
import { codedError } from '../support/coded-error.ts'

export interface ProbeOptions {
  /**
   * The registry that the metrics of the clients in question are in.
   * @default prom-client's global `register`
   */
  readonly registry?: object
}

/** What `fn` gave, and what all clients of a registry did until it had. */
export interface Probed<R> {
  readonly result: R
  readonly reading: CapturedOperations
}

/** @throws {Error} where no extended client's metrics are in the registry: nothing would ever be seen. */
export async function probe<R>(
  subject: string,
  fn: () => R,
  { registry = defaultLibrary().register }: ProbeOptions,
  threshold: number = Number.POSITIVE_INFINITY,
): Promise<Probed<Awaited<R>>> {
  const probes = trackersOf(registry).map((meter) => meter.probe(threshold))
  if (probes.length === 0) {
    throw codedError(
      'PRISMA_PROMETHEUS_NOT_INSTRUMENTED',
      `prisma-prometheus/testing: ${subject}: expected a registry with the metrics of a client that was extended, got one without; pass { registry }`,
    )
  }
  let result
  let readings
  try {
    result = await runInside(probes, async () => await fn())
  } finally {
    readings = probes.map((open) => open.close())
  }
  return {
    result,
    reading: {
      calls: readings.flatMap(({ calls }) => calls),
      repeated: readings.flatMap(({ repeated }) => repeated),
    },
  }
}
