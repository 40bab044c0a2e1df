import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Contender, contendersFor } from './contenders.ts'
import { timed } from './stall.ts'

/** Figures of a contender that must be measured in its own process. */
export interface Alone {
  /** The longest stall of each scrape, in ms, without the garbage collection of other contenders. */
  readonly stalls: readonly number[]
  /**
   * The peak increase of the process memory during its scrapes, in bytes; undefined on systems other
   * than Linux.
   */
  readonly peak: number | undefined
}

export async function measureAlone(
  lines: number,
  contender: number,
  rounds: number,
): Promise<Alone> {
  const child = fork(fileURLToPath(import.meta.url), [lines, contender, rounds].map(String))
  const [alone] = (await once(child, 'message')) as [Alone]
  await once(child, 'exit')
  return alone
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [lines = 0, index = 0, rounds = 0] = process.argv.slice(2).map(Number)
  // Only this one: registries of other contenders would hide its memory.
  const contender = (await contendersFor(lines, index))[0]
  if (contender === undefined) throw new Error(`expected a contender, got none at ${index}`)
  await contender.scrape()
  const peak = process.platform === 'linux' ? await peakOf(contender) : undefined
  const stalls = await stallsOf(contender, rounds)
  process.send({ stalls, peak } satisfies Alone)
  process.disconnect()
}

async function peakOf(contender: Contender): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let pass = 0; pass < 4; pass++) collect()
  writeFileSync('/proc/self/clear_refs', '5')
  const before = highestMemory()
  for (let scrape = 0; scrape < 3; scrape++) await contender.scrape()
  return highestMemory() - before
}

async function stallsOf(contender: Contender, rounds: number): Promise<number[]> {
  const stalls: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { stall } = await timed(() => contender.scrape())
    stalls.push(stall)
  }
  return stalls
}

function highestMemory(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
