import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fillMarker } from '../scripts/catalogue-table.ts'

// Runs benches and writes what they print into the pages: `npm run bench:write`, or with the names of
// some, such as `-- native scale`. Without load on the machine: the figures become those of the pages.

interface Bench {
  readonly page: string
  /** The program and its arguments. */
  readonly run: readonly [string, ...string[]]
}

/** By marker. */
const benches: Readonly<Record<string, Bench>> = {
  stalls: { page: 'docs/benchmarks.md', run: ['bench/exposition/run.ts', '--stalls'] },
  native: { page: 'docs/benchmarks.md', run: ['bench/native/run.ts'] },
  scale: { page: 'docs/scale.md', run: ['bench/scale/run.ts'] },
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches)
for (const name of names) {
  const bench = benches[name]
  if (bench === undefined) {
    throw new Error(`expected one of ${Object.keys(benches).join(', ')}, got ${name}`)
  }
  const output = execFileSync(process.execPath, ['--import', 'tsx', ...bench.run], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const file = new URL(`../${bench.page}`, import.meta.url)
  // The headings of a bench are below those of the page's section.
  const content = output.trim().replaceAll(/^## /gm, '### ').replaceAll(/ +$/gm, '')
  writeFileSync(file, fillMarker(readFileSync(file, 'utf8'), `bench ${name}`, content))
}
