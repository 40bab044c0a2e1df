import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { contendersFor } from './contenders.ts'

/**
 * By how many bytes a contender's scrapes raise the memory of a process of its own, at their highest;
 * undefined where the system does not tell (elsewhere than on Linux).
 */
export async function measurePeak(lines: number, contender: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  const child = fork(fileURLToPath(import.meta.url), [String(lines), String(contender)])
  const [peak] = (await once(child, 'message')) as [number]
  await once(child, 'exit')
  return peak
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [lines = 0, contender = 0] = process.argv.slice(2).map(Number)
  process.send(await peakOf(lines, contender))
}

async function peakOf(lines: number, index: number): Promise<number> {
  // One alone, or the registries of the others would hide what it needs.
  const contender = (await contendersFor(lines, index))[0]
  if (contender === undefined) throw new Error(`expected a contender, got none at ${index}`)
  await contender.scrape()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let pass = 0; pass < 4; pass++) collect()
  writeFileSync('/proc/self/clear_refs', '5')
  const before = highestMemory()
  for (let scrape = 0; scrape < 3; scrape++) await contender.scrape()
  return highestMemory() - before
}

function highestMemory(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
