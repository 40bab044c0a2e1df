import fc from 'fast-check'
import { difference, noFigures, summary } from './reader.ts'
import { sqlText } from './statements.ts'

/** `npm run oracle:sql -- [--texts 200000] [--seed 1]`: the statement reader against Postgres's grammar. */
function option(name: string, byDefault: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? byDefault : Number(process.argv[at + 1])
}

const texts = option('texts', 200_000)
const seed = option('seed', 1)
const figures = noFigures()
const began = performance.now()
const differences = new Map<string, string>()
for (const sql of fc.sample(sqlText, { numRuns: texts, seed })) {
  const found = difference(sql, figures)
  if (found !== undefined && differences.size < 400) differences.set(sql, found)
}
console.log(summary(`seed ${seed}`, figures))
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s`)
const shortest = [...differences].toSorted(([a], [b]) => a.length - b.length).slice(0, 40)
for (const [sql, found] of shortest) console.log(`${JSON.stringify(sql)}\n  ${found}`)
process.exitCode = figures.failed > 0 ? 1 : 0
