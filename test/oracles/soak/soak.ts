import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from 'prom-client'
import { exposeMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { heapInUse } from '../../support/heap.ts'
import { listen } from '../../support/serve.ts'
import { load } from '../disturbed/load.ts'
import { type Server, startAudited } from '../disturbed/server.ts'

const scrapers = 50
const largestGrowth = 10

/** The numbers that must not grow. */
interface Footprint {
  readonly heapMegabytes: number
  readonly handles: number
  readonly listeners: number
}

/** A summary table, and what is wrong, as sentences. */
export interface Summary {
  readonly rows: readonly (readonly [name: string, value: string | number])[]
  readonly failed: readonly string[]
}

/**
 * Runs operations and scrapers for a number of minutes, kills connections, and lets the clock jump.
 *
 * @param jump sets the offset of the wall clock; returns false if it cannot.
 */
export async function soak(
  folder: string,
  minutes: number,
  jump: (offset: string) => boolean,
): Promise<Summary> {
  const database = await startAudited(folder)
  const measured: Footprint[] = []
  const openRequests: string[] = []
  let scrapes = 0
  let jumps = 0
  let killed = 0
  const began = performance.now()

  const disturb = async (registry: Registry): Promise<void> => {
    const http = createServer(exposeMetrics((_, res) => res.end(), { registry }))
    // Longer than any pause between two requests: a server that closes a connection while a request is on its
    // way resets it.
    http.keepAliveTimeout = 120_000
    const served = await listen(http, 'http')
    const agent = new Agent({ keepAlive: true, maxSockets: scrapers })
    let running = true
    const scraping = Array.from({ length: scrapers }, () =>
      scrape(served.url, agent, () => running),
    )
    const footprint = async (): Promise<Footprint> => ({
      heapMegabytes: (await heapInUse()) / 2 ** 20,
      handles: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length,
      listeners: [process, http].reduce((sum, emitter) => sum + listenersOf(emitter), 0),
    })
    const steps = Math.max(Math.round(minutes * 12), 6)
    for (let step = 1; step <= steps; step++) {
      await sleep((minutes * 60_000) / steps)
      if (step % 2 === 0) killed += await killConnections(database)
      if (step % 3 === 0 && jump(jumps % 2 === 0 ? '+3d' : '-2h')) jumps += 1
      if (step % Math.floor(steps / 6) === 0) measured.push(await footprint())
    }
    running = false
    scrapes = (await Promise.all(scraping)).reduce((sum, count) => sum + count, 0)
    agent.destroy()
    const now = await snapshot(registry)
    for (const name of ['http_server_active_requests', 'prisma_exposition_requests_in_flight'])
      if (now.value(name) !== 0) openRequests.push(`${name} is ${now.value(name)} at the end`)
    await served[Symbol.asyncDispose]()
  }

  const { operations, rejected, committed, unknown, failed } = await load(
    database.url,
    () => database,
    disturb,
  )
  await database.stop()
  const took = (performance.now() - began) / 60_000
  return {
    rows: [
      ['minutes', took.toFixed(1)],
      ['operations', operations],
      ['operations that failed', rejected],
      ['connections killed', killed],
      ['scrapes', scrapes],
      ['jumps of the clock', jumps],
      ['rows committed', committed],
      ['rows unknown', unknown],
      ['differences from the triggers, gauges that are not 0', failed.length + openRequests.length],
      ['heap, MB', measured.map(({ heapMegabytes }) => heapMegabytes.toFixed(1)).join(', ')],
      ['handles', measured.map(({ handles }) => handles).join(', ')],
      ['listeners', measured.map(({ listeners }) => listeners).join(', ')],
    ],
    failed: [...failed, ...openRequests, ...growthOf(measured)],
  }
}

function growthOf(measured: readonly Footprint[]): string[] {
  const failed: string[] = []
  // The first one is of a program that still warms up.
  const [, first] = measured
  const last = measured.at(-1)
  if (first === undefined || last === undefined) return ['expected at least two footprints']
  const growth = last.heapMegabytes - first.heapMegabytes
  if (growth > largestGrowth) failed.push(`the heap grew by ${growth.toFixed(1)} MB`)
  // The pool holds fewer connections for a moment after some were killed.
  if (last.handles > Math.max(...measured.slice(0, 3).map(({ handles }) => handles)) + 6)
    failed.push(`${last.handles - first.handles} handles were added`)
  if (last.listeners > first.listeners)
    failed.push(`${last.listeners - first.listeners} listeners were added`)
  return failed
}

function listenersOf(emitter: NodeJS.EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)
}

/** Scrapes each second until the end, every other time compressed and in OpenMetrics; calls the application too. */
async function scrape(url: string, agent: Agent, isRunning: () => boolean): Promise<number> {
  let bodies = 0
  const openMetrics = {
    'accept-encoding': 'gzip',
    accept: 'application/openmetrics-text;version=1.0.0',
  }
  while (isRunning()) {
    await read(`${url}/metrics`, agent, bodies % 2 === 0 ? {} : openMetrics)
    await read(url, agent, {})
    bodies += 1
    await sleep(1000)
  }
  return bodies
}

async function read(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const [response] = await once(get(url, { agent, headers }), 'response')
  if (response.statusCode !== 200)
    throw new Error(`${url}: expected 200, got ${response.statusCode}`)
  response.resume()
  await once(response, 'end')
}

/** Ends some connections of the client, at work or idle; returns their number. */
async function killConnections(database: Server): Promise<number> {
  const killed = await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
     AND backend_type = 'client backend' AND random() < 0.4`,
  )
  return killed.length
}
