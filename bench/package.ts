import type * as source from '../src/index.ts'

// The compiled package: tsx adds a call to every closure of TypeScript sources, which distorts
// measurements of a microsecond.
const built: string = new URL('../dist/index.js', import.meta.url).href

export const { exposeMetrics, prismaMetrics } = (await import(built)) as typeof source
