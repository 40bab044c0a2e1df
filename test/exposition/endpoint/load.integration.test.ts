import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseScrape } from '../../../src/check/parse.ts'
import type { ScrapedSample } from '../../../src/check/scrape.ts'
import { createDatabase } from '../../support/database/database.ts'
import type { Command } from './load/application.ts'

interface State {
  readonly heap: number
  readonly rejections: readonly string[]
}

interface Application extends AsyncDisposable {
  readonly url: URL
  tell(command: Command): Promise<State>
}

async function startApplication(databaseUrl: string): Promise<Application> {
  const child = fork(fileURLToPath(new URL('load/application.ts', import.meta.url)), {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, DATABASE_URL: databaseUrl, PORT: '0' },
  })
  const answer = async (): Promise<unknown> => {
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`exit ${code}`)))
    ended.catch(() => {})
    const [told] = (await Promise.race([once(child, 'message'), ended])) as [unknown]
    return told
  }
  const { url } = (await answer()) as { url: string }
  return {
    url: new URL(url),
    async tell(command) {
      const told = answer()
      child.send(command)
      return (await told) as State
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Half of it is what a scrape waits for the collector that hangs. */
const headers = { 'x-prometheus-scrape-timeout-seconds': '0.2' }

function ask({ hostname, port }: URL, path: string, agent: Agent): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    get({ hostname, port, path, agent, headers }, async (response) => {
      const body = (await response.toArray()).join('')
      resolve([response.statusCode ?? 0, body])
    }).on('error', reject)
  })
}

function samplesOf(body: string): ScrapedSample[] {
  const { families, errors } = parseScrape(body)
  expect(errors).toEqual([])
  return [...families.values()].flatMap(({ samples }) => samples)
}

function total(samples: readonly ScrapedSample[], name: string, labels = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0)
}

test('loses no count and no memory in the example under scrapers of every kind', async () => {
  await using database = await createDatabase()
  await using application = await startApplication(database.url)
  const { url, tell } = application
  const agent = new Agent({ keepAlive: true, maxSockets: 60 })

  /** Scrapes one after the other. No count may fall. */
  async function scrapeOften(scrapes: number): Promise<void> {
    let last = 0
    for (let scrape = 0; scrape < scrapes; scrape++) {
      const [status, body] = await ask(url, '/metrics', agent)
      expect(status).toBe(200)
      expect(body).not.toMatch(/^# TYPE (?:hanging|throwing)/m)
      const inserts = [...body.matchAll(/^prisma_model_inserts_total\{.*\} (\d+)$/gm)]
      const sum = inserts.reduce((all, [, value]) => all + Number(value), 0)
      expect(sum).toBeGreaterThanOrEqual(last)
      last = sum
    }
  }

  /** Leaves while the scrape waits, is written or is sent. */
  async function abort(milliseconds: number): Promise<void> {
    const asked = get({ ...address(url), path: '/metrics', agent: false, headers })
    asked.on('error', () => {}).on('response', (response) => response.on('error', () => {}))
    const closed = new Promise((resolve) => asked.once('close', resolve))
    await sleep(milliseconds)
    asked.destroy()
    await closed
  }

  /** Asks for scrapes, more than the socket's buffers take, and reads a byte now and then. */
  function readSlowly(): Socket {
    const socket = connect(Number(url.port), url.hostname)
    socket.on('error', () => {}).pause()
    const [[name, value] = []] = Object.entries(headers)
    socket.write(`GET /metrics HTTP/1.1\r\nhost: x\r\n${name}: ${value}\r\n\r\n`.repeat(30))
    const reading = setInterval(() => socket.read(1), 10)
    socket.once('close', () => clearInterval(reading))
    return socket
  }

  let requests = 0
  async function load(scrapesEach: number, aborted: number): Promise<void> {
    const slow = Array.from({ length: 10 }, readSlowly)
    const scraping = Array.from({ length: 50 }, () => scrapeOften(scrapesEach))
    const leaving = Array.from({ length: 50 }, async (_, each) => {
      for (let time = 0; time < aborted / 50; time++) await abort((each * 7 + time * 13) % 150)
    })
    const asking = Array.from({ length: 20 * scrapesEach }, async (_, each) => {
      await sleep(each * 5)
      await ask(url, '/no-such-route', agent)
      requests += 1
    })
    await Promise.all([...scraping, ...leaving, ...asking])
    for (const socket of slow) socket.destroy()
    const inFlight = 'prisma_exposition_requests_in_flight'
    const alone = async (): Promise<number> => {
      const [, body] = await ask(url, `/metrics?name[]=${inFlight}`, agent)
      return total(samplesOf(body), inFlight)
    }
    await expect.poll(alone).toBe(1)
  }

  await load(4, 100)
  const before = await tell('heap')
  await load(8, 1000)
  // Bodies that nobody reads any more are freed with their sockets; what leaks stays.
  const grown = async (): Promise<number> => (await tell('heap')).heap - before.heap
  await expect.poll(grown, { timeout: 20_000 }).toBeLessThan(4_000_000)
  const after = await tell('end traffic')
  expect(after.rejections).toEqual([])

  const [, body] = await ask(url, '/metrics', agent)
  const samples = samplesOf(body)

  // What the database has seen is what was counted.
  const audited = await database.audit()
  const counted = Object.keys(audited).map((table) => {
    const model = table === 'job_runs' ? 'JobRun' : table
    const [insert = 0, update = 0, upsert = 0, removed = 0] = [
      'prisma_model_inserts_total',
      'prisma_model_updates_total',
      'prisma_model_upserts_total',
      'prisma_model_deletes_total',
    ].map((name) => total(samples, name, { model }))
    return [table, { written: insert + update + upsert, deleted: removed }]
  })
  const truth = Object.entries(audited).map(([table, writes]) => {
    const { insert, update, delete: deleted } = writes
    return [table, { written: insert + update, deleted }]
  })
  expect(counted).toEqual(truth)
  expect(audited['DriftEvent']?.insert).toBeGreaterThan(0)
  expect(total(samples, 'monitoring_alerts_raised_total')).toBe(audited['Alert']?.insert)

  const missed = { http_route: '', http_response_status_code: '404' }
  expect(total(samples, 'http_server_request_duration_seconds_count', missed)).toBe(requests)
  for (const gauge of [
    'http_server_active_requests',
    'prisma_operations_in_flight',
    'prisma_transactions_in_flight',
  ]) {
    expect(total(samples, gauge), gauge).toBe(0)
  }

  const errors = 'prisma_exposition_collect_errors_total'
  expect(total(samples, errors, { metric: 'hanging' })).toBeGreaterThan(600)
  expect(total(samples, errors, { metric: 'throwing' })).toBe(
    total(samples, errors, { metric: 'hanging' }),
  )
  const codes = samples.filter(({ name }) => name === 'prisma_exposition_requests_total')
  const seen = codes.filter(({ value }) => value > 0).map(({ labels }) => labels['code'])
  expect(new Set(seen)).toEqual(new Set(['200', '499']))
  agent.destroy()
})

function address({ hostname, port }: URL): { hostname: string; port: string } {
  return { hostname, port }
}
