/** Microseconds per operation, by variant: one figure per round. */
export type Figures = ReadonlyMap<string, readonly number[]>

export interface Rounds {
  readonly rounds: number
  /** Sequential operations per variant and round. */
  readonly operations: number
  /** Operations per variant before the first round, so that the code is compiled. Default: two rounds. */
  readonly warmUp?: number
  /** Called before every 25th round, for example to open new connections. */
  readonly renew?: () => Promise<void>
  /** Returns the time in milliseconds. Default: `performance.now()`. */
  readonly clock?: () => number
}

/** The CPU time of this process in milliseconds, independent of other load. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * Runs every task in every round, in random order, so that a disturbance of the machine affects
 * all of them.
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

/** The rounds of several runs with the same variants. */
export function joined(runs: readonly Figures[]): Figures {
  const names = [...(runs[0]?.keys() ?? [])]
  return new Map(names.map((name) => [name, runs.flatMap((run) => run.get(name) ?? [])]))
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
