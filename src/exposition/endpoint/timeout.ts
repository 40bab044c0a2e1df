import { longestTimer } from '../../support/timer.ts'

/** Prometheus' own default. */
const usualSeconds = 10

/** The longest timeout accepted from a scraper, if the options set no limit. */
const longestSeconds = 120

/** Limits the seconds to the longest timer. */
export function timeable(seconds: number): number {
  return Math.min(seconds, longestTimer)
}

/**
 * How long a scrape can wait for its collectors, in seconds: the scraper's timeout less the time
 * reserved for writing and sending, and at most the timeout of the options.
 *
 * @param asked the value of `X-Prometheus-Scrape-Timeout-Seconds`
 */
export function scrapeSeconds(
  asked: string | undefined,
  options: { readonly timeoutSeconds: number | undefined; readonly timeoutOffsetSeconds: number },
): number {
  const { timeoutSeconds, timeoutOffsetSeconds: offset } = options
  const seconds = asked !== undefined && /^\d+(?:\.\d+)?$/.test(asked) ? Number(asked) : 0
  if (seconds === 0) return timeable(timeoutSeconds ?? usualSeconds)
  const left = seconds > offset ? seconds - offset : seconds / 2
  return timeable(Math.min(left, timeoutSeconds ?? longestSeconds))
}
