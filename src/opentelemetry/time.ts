/** Seconds and nanoseconds since 1970, as OpenTelemetry's SDK writes a time. */
export type HrTime = [number, number]

/** @param milliseconds since 1970 */
export function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000)
  const nanoseconds = Math.round((milliseconds - seconds * 1000) * 1e6)
  return nanoseconds < 1e9 ? [seconds, nanoseconds] : [seconds + 1, 0]
}

/** One microsecond: the smallest step of a time in milliseconds that a double keeps apart. */
const step = 0.001

/**
 * The wall clock, strictly increasing: a clock that is set back must not make two points of one series
 * claim the same time. `performance.now()` stops while a serverless instance is frozen.
 */
export class Clock {
  #last = 0

  /** @param after a time in milliseconds that the result comes after */
  now(after = 0): number {
    this.#last = Math.max(Date.now(), this.#last + step, after + step)
    return this.#last
  }
}

/** When this process started, in milliseconds: nothing in its registries is older. 0 in Cloudflare Workers. */
export const processStart: number = performance.timeOrigin
