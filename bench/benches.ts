/** A program that prints Markdown, and the page that shows it. */
export interface Bench {
  readonly page: string
  /** The program and its arguments. */
  readonly run: readonly [string, ...string[]]
  /** Major versions of Node with a marker each. Default: one marker, of whichever Node ran last. */
  readonly nodes?: readonly number[]
}

const page = 'docs/benchmarks.md'
const nodes = [20, 24] as const

/** By name. */
export const benches: Readonly<Record<string, Bench>> = {
  'query-path': { page, run: ['bench/run.ts'], nodes },
  alternatives: { page, run: ['bench/alternatives/run.ts'], nodes },
  'prisma-8': { page, run: ['bench/prisma-8/run.ts'] },
  events: { page, run: ['bench/events/run.ts'], nodes },
  requests: { page, run: ['bench/requests/run.ts'], nodes },
  scrapes: { page, run: ['bench/exposition/run.ts'], nodes },
  stalls: { page, run: ['bench/exposition/run.ts', '--stalls'] },
  native: { page, run: ['bench/native/run.ts'] },
  live: { page, run: ['bench/live/run.ts'] },
  scale: { page: 'docs/scale.md', run: ['bench/scale/run.ts'] },
}

/** The name of a bench's marker; `node` is the major version of Node if it has one for each. */
export function markerOf(name: string, node?: number): string {
  return node === undefined ? `bench ${name}` : `bench ${name} node-${node}`
}
