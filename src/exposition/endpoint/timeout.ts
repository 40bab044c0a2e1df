import { longestTimer } from '../../support/timer.ts'

/** Prometheus' own default. */
const usualSeconds = 10

/** What a scraper is believed at most, where the options set no limit. */
const longestSeconds = 120

/** The seconds, or as many of them as a timer can wait. */
export function timeable(seconds: number): number {
  return Math.min(seconds, longestTimer)
}

/**
 * How long a scrape can wait for its collectors: what the scraper gives it, less what writing and
 * sending takes, and no longer than the options allow.
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
