const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Seconds of a Prometheus duration such as `5m`. */
export function secondsOf(duration: string): number {
  const { amount, unit } = /^(?<amount>\d+)(?<unit>[smhd])$/.exec(duration)?.groups ?? {}
  if (amount === undefined) {
    throw new TypeError(
      `prisma-prometheus: duration: expected a number and s, m, h or d, got ${duration}`,
    )
  }
  return Number(amount) * unitSeconds[unit as keyof typeof unitSeconds]
}
