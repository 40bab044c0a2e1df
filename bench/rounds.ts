/** Microseconds an operation took, by variant: one figure a round. */
export type Figures = ReadonlyMap<string, readonly number[]>

export interface Rounds {
  readonly rounds: number
  /** Operations of each variant in each round, one after the other. */
  readonly operations: number
  /** Operations of each variant before the first round: code is compiled while it is used. Default: two rounds. */
  readonly warmUp?: number
  /** Called before every 25th round, for what may be lucky or not for a while: a connection. */
  readonly renew?: () => Promise<void>
  /** Milliseconds of the clock that is read. Default: the one on the wall. */
  readonly clock?: () => number
}

/** The time that the process has computed, whoever else did: for what no database is waited for. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * Runs every task in every round, in an order left to chance, so that what disturbs the machine
 * disturbs all of them alike.
 */
export async function interleave(
  tasks: ReadonlyMap<string, () => Promise<unknown>>,
  { rounds, operations, warmUp = 2 * operations, renew, clock = () => performance.now() }: Rounds,
): Promise<Figures> {
  const figures = new Map<string, number[]>([...tasks.keys()].map((name) => [name, []]))
  const unmeasured = Math.ceil(warmUp / operations)
  for (let round = -unmeasured; round < rounds; round++) {
    if (round % 25 === 0) await renew?.()
    for (const [name, task] of shuffled(tasks)) {
      const started = clock()
      for (let i = 0; i < operations; i++) await task()
      const each = ((clock() - started) * 1000) / operations
      if (round >= 0) figures.get(name)?.push(each)
    }
  }
  return figures
}

function shuffled<T>(items: Iterable<T>): T[] {
  const keyed = Array.from(items, (item) => ({ item, key: Math.random() }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** The median of the differences between two figures of the same round. */
export function pairedDifference(of: readonly number[], over: readonly number[]): number {
  return median(of.map((value, round) => value - (over[round] as number)))
}

/** The median of the ratios of two figures of the same round. */
export function pairedRatio(of: readonly number[], over: readonly number[]): number {
  return median(of.map((value, round) => value / (over[round] as number)))
}
