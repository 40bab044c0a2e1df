import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The 99th percentile of the application's requests per round, in ms. */
export interface Latencies {
  readonly undisturbed: readonly number[]
  readonly scraped: readonly number[]
}

const requestsPerSecond = 300
const secondsOfRound = 4

/**
 * Sends requests at a steady rate to an application with a registry of `lines` lines, alternating
 * rounds with one scrape per second and rounds without. Requests do not wait for each other.
 */
export async function measureLatencies(lines: number, rounds: number): Promise<Latencies> {
  const script = fileURLToPath(new URL('application.ts', import.meta.url))
  const child = fork(script, [String(lines)])
  const [port] = (await once(child, 'message')) as [number]
  const agent = new Agent({ keepAlive: true })
  const undisturbed: number[] = []
  const scraped: number[] = []
  await percentile(port, agent, false)
  for (let round = 0; round < rounds; round++) {
    undisturbed.push(await percentile(port, agent, false))
    scraped.push(await percentile(port, agent, true))
  }
  agent.destroy()
  child.kill()
  await once(child, 'exit')
  return { undisturbed, scraped }
}

async function percentile(port: number, agent: Agent, isScraped: boolean): Promise<number> {
  const began = performance.now()
  const total = requestsPerSecond * secondsOfRound
  const scraping = isScraped
    ? Array.from({ length: secondsOfRound }, async (_, second) => {
        await sleep(second * 1000 + 300)
        await request(port, '/metrics', agent, { 'accept-encoding': 'gzip' })
      })
    : []
  const times = await Promise.all(
    Array.from({ length: total }, async (_, index) => {
      const due = began + (index * 1000) / requestsPerSecond
      await sleep(Math.max(0, due - performance.now()))
      const sent = performance.now()
      await request(port, '/', agent)
      return performance.now() - sent
    }),
  )
  await Promise.all(scraping)
  return times.toSorted((a, b) => a - b)[Math.floor(total * 0.99)] as number
}

function request(port: number, path: string, agent: Agent, headers = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent, headers }, (response) => {
      response.resume().on('end', resolve).on('error', reject)
    }).on('error', reject)
  })
}
