// npm run drill: plants faults in a service and checks that its alerts name them.
//   -- --faults a,b    only these (default: all)
//   -- --seed N        where they are planted (default: random)
//   -- --prisma 8      a service on Prisma 8
//   -- --parallel      all at once, each in a service of its own
//   -- --observe N     seconds in which alerts are collected after a fault (default 60)
//   -- --quiet N       minutes that the quiet service runs at least (default 30; 0 with --faults)
//   -- --write         writes the table into docs/drill.md
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { faults } from './faults/faults.ts'
import { runDrill } from './drill.ts'
import { drillTable, summaryOf } from './table.ts'

const { values } = parseArgs({
  options: {
    faults: { type: 'string' },
    seed: { type: 'string' },
    prisma: { type: 'string', default: '7' },
    quiet: { type: 'string' },
    parallel: { type: 'boolean', default: false },
    observe: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const version = values.prisma
if (version !== '7' && version !== '8') {
  throw new TypeError(`--prisma: expected 7 or 8, got ${version}`)
}
const possible = faults.filter(({ versions }) => versions.includes(version))
const names = values.faults?.split(',') ?? possible.map(({ name }) => name)
const chosen = names.map((name) => {
  const fault = possible.find((each) => each.name === name)
  if (fault !== undefined) return fault
  const known = possible.map((each) => each.name).join(', ')
  throw new TypeError(`--faults: expected some of ${known}, got ${name}`)
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6))
const quietMinutes = Number(values.quiet ?? (values.faults === undefined ? 30 : 0))

console.log(`seed ${seed}, Prisma ${version}`)
const result = await runDrill({
  faults: chosen,
  seed,
  version,
  quietMinutes,
  parallel: values.parallel,
  ...(values.observe === undefined ? {} : { observedSeconds: Number(values.observe) }),
  onProgress: (text) => console.log(text),
})
const table = drillTable(result)
console.log(`\n${table}\n\n${summaryOf(result)}`)
if (values.write) {
  const page = new URL('../docs/drill.md', import.meta.url)
  const marker = `drill-prisma-${version}`
  const between = new RegExp(`(?<=<!-- ${marker} -->\n\n)[\\s\\S]*?(?=\n\n<!-- /${marker} -->)`)
  const text = `${table}\n\n${summaryOf(result)} Seed ${seed}.`
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(between, () => text),
  )
}
process.exitCode = result.results.every(({ passed }) => passed) && result.quiet.length === 0 ? 0 : 1
