import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder, findPostgres, removeFolder } from '../disturbed/server.ts'
import { soak } from './soak.ts'

/**
 * `npm run soak -- [--minutes 10]`: operations on connections that are killed, scrapers and jumps of the
 * clock, and a table of what has grown.
 */
const at = process.argv.indexOf('--minutes')
const minutes = at < 0 ? 10 : Number(process.argv[at + 1])
if (!(minutes > 0)) {
  console.error(`soak: expected --minutes N, got ${process.argv.slice(2).join(' ')}`)
  process.exit(2)
}
if (findPostgres() === undefined) {
  console.log("Skipped: Debian's package postgresql is not installed")
  process.exit(0)
}
const folder = await createFolder()
const code =
  process.env['FAKETIME_TIMESTAMP_FILE'] === undefined ? await underFakeClock() : await run()
await removeFolder(folder)
process.exit(code)

/** Starts this program again with a wall clock that can jump; its monotonic clock is the real one. */
async function underFakeClock(): Promise<number> {
  const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
  if (!existsSync(library)) {
    console.log("Without jumps of the clock: Debian's package faketime is not installed")
    return run()
  }
  const file = join(folder, 'clock')
  writeFileSync(file, '+0\n')
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: {
      ...process.env,
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  })
  const [exitCode] = (await once(child, 'exit')) as [number | null]
  return exitCode ?? 1
}

async function run(): Promise<number> {
  const clock = process.env['FAKETIME_TIMESTAMP_FILE']
  const { rows, failed } = await soak(folder, minutes, (offset) => {
    if (clock !== undefined) writeFileSync(clock, `${offset}\n`)
    return clock !== undefined
  })
  console.log('| soak | |\n| --- | --- |')
  for (const [name, value] of rows) console.log(`| ${name} | ${value.toLocaleString('en')} |`)
  for (const sentence of failed) console.log(`failed: ${sentence}`)
  return failed.length > 0 ? 1 : 0
}
