import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Registry } from 'prom-client'
import { exposeMetrics } from '../../../src/index.ts'
import { load } from '../disturbed/load.ts'
import { dataFolder, findPostgres, remove, type Server, startAudited } from '../disturbed/server.ts'

/**
 * `npm run soak -- [--minutes 10]`: operations with faults, scrapers and jumps of the clock, and what is
 * left of them at the end.
 */
const at = process.argv.indexOf('--minutes')
const minutes = at < 0 ? 10 : Number(process.argv[at + 1])
const scrapers = 50
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'

/** What must not grow. */
interface Footprint {
  readonly heapMegabytes: number
  readonly handles: number
  readonly listeners: number
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function footprint(): Footprint {
  collectGarbage()
  const listeners = process.eventNames().map((name) => process.listenerCount(name))
  return {
    heapMegabytes: process.memoryUsage().heapUsed / 2 ** 20,
    handles: process.getActiveResourcesInfo().length,
    listeners: listeners.reduce((sum, count) => sum + count, 0),
  }
}

/** Scrapes without pause, every other time with compression and OpenMetrics, until it is stopped. */
async function scrape(url: string, agent: Agent, isRunning: () => boolean): Promise<number> {
  let bodies = 0
  while (isRunning()) {
    const headers =
      bodies % 2 === 0
        ? {}
        : { 'accept-encoding': 'gzip', accept: 'application/openmetrics-text;version=1.0.0' }
    const [response] = await once(get(url, { agent, headers }), 'response')
    response.resume()
    await once(response, 'end')
    bodies += 1
    await sleep(1000)
  }
  return bodies
}

/** Ends connections of the client at the server, at work or idle. */
async function killConnections(server: Server): Promise<void> {
  await server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
     AND backend_type = 'client backend' AND random() < 0.4`,
  )
}

async function soak(folder: string, jump: (offset: string) => void): Promise<number> {
  const server = await startAudited(folder)
  const measured: Footprint[] = []
  let scraped = 0
  let jumps = 0
  const began = performance.now()

  const disturb = async (
    seconds: (count: number) => Promise<void>,
    registry: Registry,
  ): Promise<void> => {
    const http = createServer(exposeMetrics((_req, res) => res.end(), { registry }))
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/metrics`
    const agent = new Agent({ keepAlive: true, maxSockets: scrapers })
    let running = true
    const all = Array.from({ length: scrapers }, () => scrape(url, agent, () => running))
    const steps = Math.max(Math.round(minutes * 12), 4)
    for (let step = 0; step < steps; step++) {
      await seconds((minutes * 60) / steps)
      if (step % 2 === 0) await killConnections(server)
      if (step % 3 === 0) {
        jumps += 1
        jump(jumps % 2 === 0 ? '-2h' : '+3d')
      }
      if (step % Math.ceil(steps / 5) === 0) measured.push(footprint())
    }
    running = false
    scraped = (await Promise.all(all)).reduce((sum, count) => sum + count, 0)
    measured.push(footprint())
    agent.destroy()
    http.close()
    http.closeAllConnections()
  }

  const result = await load(server.url, () => server, disturb)
  await server.stop('SIGQUIT')
  const took = (performance.now() - began) / 60_000
  const [, first = measured[0], ...others] = measured
  const last = others.at(-1) ?? first
  const growth = (last?.heapMegabytes ?? 0) - (first?.heapMegabytes ?? 0)
  const failed = [...result.failed]
  if (growth > 20) failed.push(`the heap grew by ${growth.toFixed(1)} MB`)
  if ((last?.listeners ?? 0) > (first?.listeners ?? 0)) failed.push('listeners were added')
  const rows: readonly (readonly [string, string | number])[] = [
    ['minutes', took.toFixed(1)],
    ['operations', result.operations],
    ['rejected by faults', result.rejected],
    ['scrapes', scraped],
    ['jumps of the clock', jumps],
    ['rows committed', result.committed],
    ['rows unknown', result.unknown],
    ['counters that disagree with the triggers', result.failed.length],
    ['heap, MB', measured.map(({ heapMegabytes }) => heapMegabytes.toFixed(1)).join(', ')],
    ['handles', measured.map(({ handles }) => handles).join(', ')],
    ['listeners of the process', measured.map(({ listeners }) => listeners).join(', ')],
  ]
  console.log('| soak | |\n| --- | --- |')
  for (const [name, value] of rows) console.log(`| ${name} | ${value.toLocaleString('en')} |`)
  for (const sentence of failed) console.log(`failed: ${sentence}`)
  return failed.length > 0 ? 1 : 0
}

if (findPostgres() === undefined) {
  console.log("Skipped: Debian's package postgresql is not installed")
  process.exit(0)
}
const clock = process.env['FAKETIME_TIMESTAMP_FILE']
if (clock === undefined && existsSync(library)) {
  // Again with a clock that jumps. The monotonic clock does not jump, as on a real machine.
  const folder = await dataFolder()
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
  const [code] = (await once(child, 'exit')) as [number | null]
  await remove(folder)
  process.exit(code ?? 1)
}
if (clock === undefined)
  console.log("Without jumps of the clock: Debian's package faketime is not installed")
const folder = await dataFolder()
const code = await soak(
  folder,
  (offset) => clock !== undefined && writeFileSync(clock, `${offset}\n`),
)
await remove(folder)
process.exit(code)
