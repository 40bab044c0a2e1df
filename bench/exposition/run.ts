import { machine } from '../machine.ts'
import { median, pairedDifference } from '../rounds.ts'
import { table } from '../table.ts'
import { measureAlone } from './alone.ts'
import { type Contender, contendersFor } from './contenders.ts'
import { measureKinds } from './kinds.ts'
import { measureLatencies } from './latency.ts'
import { measureSizes } from './sizes.ts'
import { timed } from './stall.ts'

/**
 * Prints the cost of a scrape as Markdown. It asserts nothing, because timings depend on the
 * machine. `npm run bench:exposition`, or with `-- --quick` for a short run, or `-- --stalls` for the
 * stalls by kind of metric instead.
 */
const quick = process.argv.includes('--quick')

console.log(machine())
if (process.argv.includes('--stalls')) await stallsByKind(40_000)
else {
  await untilBody([4_000, 40_000, 160_000])
  await alone(160_000)
  await sizes(160_000)
  await latencies(160_000)
}

async function untilBody(sizesInLines: readonly number[]): Promise<void> {
  const rounds = quick ? 5 : 40
  const cells = new Map<string, string[]>()
  for (const lines of sizesInLines) {
    for (const [name, each] of await interleave(await contendersFor(lines), rounds)) {
      cells.set(name, [...(cells.get(name) ?? []), median(each).toFixed(1)])
    }
  }
  console.log('## From the request to the complete body, ms\n')
  const head = ['', ...sizesInLines.map((lines) => `${count(lines)} lines`)]
  const rows = [...cells].map(([name, each]) => [name, ...each])
  console.log(table(head, rows))
  console.log(`\n${rounds} interleaved rounds; medians.\n`)
}

async function alone(lines: number): Promise<void> {
  const rounds = quick ? 5 : 40
  const rows: string[][] = []
  for (const [index, { name }] of (await contendersFor(lines)).entries()) {
    const { stalls, peak } = await measureAlone(lines, index, rounds)
    rows.push([
      name,
      median(stalls).toFixed(1),
      percentileOf(stalls, 0.9).toFixed(1),
      peak === undefined ? 'not measured' : megabytes(peak),
    ])
  }
  console.log(`## The event loop and memory, ${count(lines)} lines\n`)
  console.log(table(['', 'longest stall, ms', '90th percentile', 'peak memory, MB'], rows))
  console.log(`\n${rounds} scrapes in a process per row; stalls are medians.\n`)
}

async function interleave(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Map<string, number[]>> {
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = -3; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (turn + round + 3) % contenders.length
      const contender = contenders[at] as Contender
      const { milliseconds } = await timed(() => contender.scrape())
      if (round >= 0) times.get(contender.name)?.push(milliseconds)
    }
  }
  return times
}

async function stallsByKind(lines: number): Promise<void> {
  const rounds = quick ? 5 : 40
  const rows = (await measureKinds(lines, rounds)).map(({ library, kind, scrapes }) => [
    kind === 'collector' ? `gauge with \`collect()\` of ${library}` : `${kind} of ${library}`,
    median(scrapes.map(({ stall }) => stall)).toFixed(1),
    median(scrapes.map(({ cpuStall }) => cpuStall)).toFixed(1),
    Math.min(...scrapes.map(({ cpuStall }) => cpuStall)).toFixed(1),
  ])
  console.log(`## One family of ${count(lines)} lines\n`)
  console.log(table(['', 'longest stall, ms', 'its CPU time, ms', 'the lowest'], rows))
  console.log(`\n${rounds} scrapes in a process per row; medians.\n`)
}

async function sizes(lines: number): Promise<void> {
  const rows = (await measureSizes(lines)).map(({ coding, bytes, milliseconds }) => [
    coding,
    megabytes(bytes),
    milliseconds.toFixed(0),
  ])
  console.log(`## Compression, ${count(lines)} lines of our metrics\n`)
  console.log(table(['', 'MB', 'ms to the body'], rows), '\n')
}

async function latencies(lines: number): Promise<void> {
  const rounds = quick ? 2 : 10
  const { undisturbed, scraped } = await measureLatencies(lines, rounds)
  console.log(`## The application's own requests, beside scrapes of ${count(lines)} lines\n`)
  console.log(
    table(
      ['', 'p99, ms'],
      [
        ['not scraped', median(undisturbed).toFixed(1)],
        ['scraped every second, with gzip', median(scraped).toFixed(1)],
        ['difference within a round', pairedDifference(scraped, undisturbed).toFixed(1)],
      ],
    ),
  )
  console.log(`\n${rounds} rounds of 4 s each way, 300 requests per second; medians.`)
}

function percentileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}

function count(lines: number): string {
  return lines.toLocaleString('en')
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
