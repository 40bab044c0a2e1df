import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fillMarker } from '../scripts/catalogue-table.ts'
import { type Bench, benches, markerOf } from './benches.ts'

// Runs benches and writes what they print into the pages: `npm run bench:write`, or with the names of
// some, such as `-- native scale`. Without load on the machine: the figures become those of the pages.
// Tables by version of Node are those of the Node that runs this.

const [major = 0] = process.versions.node.split('.').map(Number)
const before = loadavg()[0]?.toFixed(2)
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches)
const wanted = names.map((name) => {
  const bench = benches[name]
  if (bench === undefined) {
    throw new Error(`expected one of ${Object.keys(benches).join(', ')}, got ${name}`)
  }
  if (bench.nodes?.includes(major) === false) {
    throw new Error(`${name}: expected Node ${bench.nodes.join(' or ')}, got ${process.version}`)
  }
  return { name, bench, marker: markerOf(name, bench.nodes && major) }
})

for (const { name, bench, marker } of wanted) {
  const began = performance.now()
  const output = execFileSync(process.execPath, ['--import', 'tsx', ...bench.run], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const file = new URL(`../${bench.page}`, import.meta.url)
  const block = blockOf(output, name, bench)
  writeFileSync(file, fillMarker(readFileSync(file, 'utf8'), marker, block))
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(`${marker}: ${seconds} s, in ${bench.page}`)
}

/** Headings are below that of the page's section, or of its Node. */
function blockOf(output: string, name: string, { nodes }: Bench): string {
  const depth = nodes === undefined ? '###' : '####'
  const content = output.trim().replaceAll(/^## /gm, `${depth} `).replaceAll(/ +$/gm, '')
  return `${content}\n\n\`npm run bench:write -- ${name}\`, with a load average of ${before} before it.`
}
