import { cpus } from 'node:os'
import { median } from '../rounds.ts'
import { table } from '../table.ts'
import { type Contender, contendersFor } from './contenders.ts'
import { timed } from './stall.ts'

/**
 * What a scrape costs, printed as Markdown. Nothing is asserted: timings belong to the machine they
 * were taken on. `npm run bench:exposition`, or with `-- --quick` for a first look.
 */
const quick = process.argv.includes('--quick')

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
for (const lines of [4_000, 40_000, 160_000]) await compare(lines)

interface Figures {
  readonly milliseconds: number[]
  readonly stalls: number[]
}

async function compare(lines: number): Promise<void> {
  const contenders = await contendersFor(lines)
  const figures = await interleave(contenders, quick ? 5 : 30)
  const rows = contenders.map(({ name }) => {
    const { milliseconds = [], stalls = [] } = figures.get(name) ?? {}
    return [
      name,
      median(milliseconds).toFixed(1),
      median(stalls).toFixed(1),
      Math.max(...stalls).toFixed(1),
    ]
  })
  console.log(`## ${lines.toLocaleString('en')} lines\n`)
  console.log(
    table(['', 'ms to the body', 'longest stall, ms (median)', '(of all rounds)'], rows),
    '\n',
  )
}

async function interleave(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Map<string, Figures>> {
  const figures = new Map<string, Figures>()
  for (const { name } of contenders) figures.set(name, { milliseconds: [], stalls: [] })
  for (let round = -3; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (turn + round + 3) % contenders.length
      const contender = contenders[at] as Contender
      const { name } = contender
      const { milliseconds, stall } = await timed(() => contender.scrape())
      if (round < 0) continue
      figures.get(name)?.milliseconds.push(milliseconds)
      figures.get(name)?.stalls.push(stall)
    }
  }
  return figures
}
