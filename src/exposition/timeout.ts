/** Prometheus' own default. */
const usualSeconds = 10

/** What a scraper is believed at most, where the options set no limit. */
const longestSeconds = 120

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
  if (seconds === 0) return timeoutSeconds ?? usualSeconds
  const left = seconds > offset ? seconds - offset : seconds / 2
  return Math.min(left, timeoutSeconds ?? longestSeconds)
}
