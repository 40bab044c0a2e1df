import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { scrape, valueOf } from '../../support/scrape.ts'

interface Started extends AsyncDisposable {
  readonly child: ChildProcess
  readonly ports: Readonly<Record<string, number>>
}

async function start(fixture: string, env: Record<string, string>, messages = 1): Promise<Started> {
  const child = fork(fileURLToPath(new URL(`workers/${fixture}`, import.meta.url)), {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, ...env },
  })
  const ports: Record<string, number> = {}
  for (let message = 0; message < messages; message++) {
    const [told] = (await once(child, 'message')) as [Record<string, number>]
    Object.assign(ports, told)
  }
  return {
    child,
    ports,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A connection of its own for every request, so that the workers take turns. */
function visit(port: number | undefined, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, async (response) => {
      try {
        resolve((await response.toArray()).join(''))
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }).on('error', reject)
  })
}

/** Ends a worker, and waits until another has its place. */
async function dies({ child, ports }: Started, path: string): Promise<void> {
  const replaced = once(child, 'message')
  await visit(ports['workers'], path).catch(() => {})
  await replaced
}

/** Blocks a worker for the rest of a test. Later visits reach the other one. */
async function block({ child, ports }: Started): Promise<void> {
  // The first scrape of a process compiles the code.
  for (const port of [...Object.values(ports), ports['workers']]) await visit(port, '/metrics')
  const pid = Number(await visit(ports['workers'], '/block?milliseconds=600000'))
  child.once('exit', () => process.kill(pid, 'SIGKILL'))
  await sleep(100)
  // It is handed one connection more, which it never takes.
  for (let visits = 0; visits < 2; visits++) {
    void visit(ports['workers'], '/count').catch(() => {})
  }
  await sleep(100)
}

function at(port: number | undefined): string {
  return `http://127.0.0.1:${port}/metrics`
}

const service = 'service="shop"'

function expectCounted(body: string, times: number): void {
  expect(ordered(body, 'theirs_total', String.raw`by="visit\"s"`)).toBe(times)
  expect(ordered(body, 'ours_total', String.raw`by="visit\"s"`)).toBe(times)
  for (const name of ['wait', 'took']) {
    expect(ordered(body, `${name}_count`, 'by="visits"')).toBe(times)
    expect(ordered(body, `${name}_sum`, 'by="visits"')).toBe(1.5 * times)
    expect(ordered(body, `${name}_bucket`, 'by="visits"', 'le="1"')).toBe(0)
    expect(ordered(body, `${name}_bucket`, 'by="visits"', 'le="2"')).toBe(times)
    expect(ordered(body, `${name}_bucket`, 'by="visits"', 'le="+Inf"')).toBe(times)
  }
  expect(valueOf(body, `size_count{${service}}`)).toBe(times)
  expect(valueOf(body, `size_sum{${service}}`)).toBe(3 * times)
}

/** The value of the one series of the name that has the labels, in whatever order. */
function ordered(body: string, name: string, ...labels: string[]): number | undefined {
  const lines = body
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
  expect(lines).toHaveLength(1)
  return Number(lines[0]?.split(' ').at(-1))
}

const patient = { timeout: 60_000 }

describe('node:cluster', () => {
  test('serves the sum from the primary and any worker', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '3' })
    const { primary, workers } = started.ports
    const pids = await Promise.all(Array.from({ length: 30 }, () => visit(workers, '/count')))
    expect(new Set(pids).size).toBe(3)
    expectCounted(await scrape(at(primary)), 30)
    for (let worker = 0; worker < 4; worker++) expectCounted(await visit(workers, '/metrics'), 30)

    const body = await scrape(at(primary))
    const level = (aggregator: string): number | undefined =>
      valueOf(body, `level_${aggregator}{${service}}`)
    expect(level('sum')).toBe(1 + 20 + 30 + 40)
    expect(level('first')).toBe(1)
    expect(level('min')).toBe(1)
    expect(level('max')).toBe(40)
    expect(level('average')).toBe(91 / 4)
    expect(level('omit')).toBeUndefined()
    expect(body).not.toContain('quantile')
    expect(body).toContain(`http_server_active_requests{http_request_method="GET",${service}} 0`)
    const answered = `prisma_exposition_requests_total{code="200",${service}}`
    expect(valueOf(body, answered)).toBe(5)
  })

  test('accepts a deadline beyond the range of timers', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '1', TIMEOUT_SECONDS: 'Infinity' })
    for (const port of Object.values(started.ports)) {
      expect(valueOf(await scrape(at(port)), `level_sum{${service}}`)).toBe(1 + 20)
    }
  })

  test('serves every format and selected names', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '2' })
    const { primary, workers } = started.ports
    await visit(workers, '/count')
    const openMetrics = await scrape(`${at(primary)}?name[]=took&name[]=ours_total`, {
      accept: 'application/openmetrics-text;version=1.0.0',
    })
    expect(openMetrics.split('\n').filter((line) => line.startsWith('# '))).toEqual([
      '# TYPE ours counter',
      '# HELP ours o',
      '# TYPE took histogram',
      '# HELP took t',
      '# EOF',
    ])
    expect(ordered(openMetrics, 'took_bucket', 'le="2.0"')).toBe(1)
  })

  test('keeps the last counts of exited workers', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '2' })
    const { primary, workers } = started.ports
    const counted = async (): Promise<(number | undefined)[]> => {
      const body = await scrape(at(primary))
      const names = ['ours_total', 'theirs_total', 'took_count', 'wait_count']
      return names.map((name) => ordered(body, name, service))
    }
    for (let visits = 1; visits <= 10; visits++) await visit(workers, '/count')
    for (let deaths = 1; deaths <= 4; deaths++) {
      await dies(started, '/count-and-exit')
      await visit(workers, '/count')
      expect(await counted()).toEqual(Array(4).fill(10 + 2 * deaths))
    }
  })

  test('keeps the last snapshot of a killed worker, and no sum decreases', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '2' })
    const { primary, workers } = started.ports
    for (let visits = 0; visits < 10; visits++) await visit(workers, '/count')
    // It tells once a second, scraped or not.
    await sleep(1500)
    for (let visits = 0; visits < 10; visits++) await visit(workers, '/count')
    await sleep(2500)
    await dies(started, '/die')
    expectCounted(await scrape(at(primary)), 20)

    let last = 0
    const watched = new AbortController()
    const watching = (async () => {
      while (!watched.signal.aborted) {
        const body = await scrape(`${at(primary)}?name[]=theirs_total`)
        const now = ordered(body, 'theirs_total', service) ?? 0
        expect(now).toBeGreaterThanOrEqual(last)
        last = now
        await sleep(20)
      }
    })()
    for (let round = 0; round < 5; round++) {
      for (let visits = 0; visits < 10; visits++) await visit(workers, '/count')
      await dies(started, '/die')
    }
    watched.abort()
    await watching
    expect(last).toBeGreaterThanOrEqual(20)
    expect(last).toBeLessThanOrEqual(70)
  })

  test('waits for a blocked worker once and keeps its counts', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '2' })
    const { primary, workers } = started.ports
    for (let visits = 0; visits < 10; visits++) await visit(workers, '/count')
    expectCounted(await scrape(at(primary)), 10)
    await visit(workers, '/block?milliseconds=3000')
    await sleep(100)
    const header = { 'x-prometheus-scrape-timeout-seconds': '1' }
    const timed = async (): Promise<[seconds: number, body: string]> => {
      const began = performance.now()
      const body = await scrape(at(primary), header)
      return [(performance.now() - began) / 1000, body]
    }
    const [first, body] = await timed()
    expect(first).toBeGreaterThan(0.4)
    expect(first).toBeLessThan(1)
    expectCounted(body, 10)
    expect(valueOf(body, `level_sum{${service}}`)).toBeLessThan(1 + 20 + 30)
    const late = `prisma_exposition_collect_errors_total{metric="workers",${service}}`
    const [second, again] = await timed()
    expect(second).toBeLessThan(0.4)
    expect(valueOf(again, late)).toBe(1)
    await sleep(3000)
    await timed()
    await sleep(200)
    const [, recovered] = await timed()
    expect(valueOf(recovered, `level_sum{${service}}`)).toBe(1 + 20 + 30)
    expectCounted(recovered, 10)
  })

  test.for(['primary', 'workers'] as const)(
    'ends a scrape of the %s in time while a worker is blocked',
    patient,
    async (serving) => {
      await using started = await start('primary.ts', { WORKERS: '2', REPORTS: 'yes' })
      await block(started)
      // The deadline that the primary has applied: the time of a busy machine would say little.
      const applied: number[] = []
      started.child.on('message', ({ error }: { error?: string }) =>
        applied.push(Number(/did not answer within ([\d.]+) s/.exec(error ?? '')?.[1])),
      )
      const sumOfLevels = async (timeout: string): Promise<number | undefined> => {
        const headers = { 'x-prometheus-scrape-timeout-seconds': timeout }
        const body = await scrape(at(started.ports[serving]), headers)
        return valueOf(body, `level_sum{${service}}`)
      }
      const patientOne = sumOfLevels('50')
      await sleep(100)
      for (const sum of [await sumOfLevels('1'), await patientOne]) expect(sum).toBeGreaterThan(1)
      await vi.waitFor(() => expect(applied).toHaveLength(1), patient)
      expect(applied[0]).toBeLessThanOrEqual(1)
    },
  )

  test(
    'applies the shortest deadline of concurrent scrapes to their collection',
    patient,
    async () => {
      await using started = await start('primary.ts', { WORKERS: '1', HANGING: 'yes' })
      const { primary } = started.ports
      const patientOne = scrape(at(primary), { 'x-prometheus-scrape-timeout-seconds': '10' })
      await sleep(100)
      const began = performance.now()
      const body = await scrape(at(primary), { 'x-prometheus-scrape-timeout-seconds': '1.5' })
      expect(performance.now() - began).toBeLessThan(1500)
      for (const each of [body, await patientOne]) {
        expect(valueOf(each, `level_sum{${service}}`)).toBe(1 + 20)
        expect(each).not.toContain('metric="workers"')
      }
    },
  )

  test.for(['primary', 'workers'] as const)(
    'frees the place of a disconnected client in the %s while a worker is blocked',
    patient,
    async (serving) => {
      // Without a deadline, only its client's end can end a scrape of the blocked worker.
      const env = { WORKERS: '2', MAX_IN_FLIGHT: '1', TIMEOUT_SECONDS: 'Infinity' }
      await using started = await start('primary.ts', env)
      await block(started)
      const url = at(started.ports[serving])
      const leaving = new AbortController()
      const left = fetch(url, { signal: leaving.signal }).catch(() => {})
      await sleep(100)
      const headers = { 'x-prometheus-scrape-timeout-seconds': '0.8' }
      expect((await fetch(url, { headers })).status).toBe(503)
      leaving.abort()
      await left
      let status
      do ({ status } = await fetch(url, { headers }))
      while (status === 503)
      expect(status).toBe(200)
    },
  )

  test('calls collectors for scrapes only', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '1' })
    const { primary } = started.ports
    await sleep(2500)
    // Once in the primary, once in the worker.
    expect(valueOf(await scrape(at(primary)), `dear{${service}}`)).toBe(2)
  })

  test('answers a scrape of a worker at once if the primary fails', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '1', PRIMARY_FAILS: 'yes' })
    const began = performance.now()
    const response = await fetch(at(started.ports['workers']))
    expect(response.status).toBe(500)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test('reports a worker whose primary has not joined', patient, async () => {
    await using started = await start('primary.ts', { WORKERS: '1', PRIMARY_SERVES: 'no' })
    const headers = { 'x-prometheus-scrape-timeout-seconds': '0.8' }
    const response = await fetch(at(started.ports['workers']), { headers })
    expect([response.status, await response.text()]).toEqual([
      500,
      'The metrics could not be read.\n',
    ])
  })
})

test('serves the sum of all threads, including exited ones, from any thread', patient, async () => {
  await using started = await start('threads.ts', {}, 2)
  const { child, ports } = started
  const tell = async (worker: number, task: string): Promise<void> => {
    child.send({ worker, task })
    await once(child, 'message')
  }
  for (let counts = 0; counts < 5; counts++) await tell(counts % 2, 'count')
  for (const port of Object.values(ports)) expectCounted(await scrape(at(port)), 5)
  const before = await scrape(at(ports['main']))
  expect(valueOf(before, `level_sum{${service}}`)).toBe(1 + 20 + 30)
  expect(valueOf(before, `level_max{${service}}`)).toBe(30)

  await tell(0, 'count')
  await tell(0, 'exit')
  await sleep(300)
  const after = await scrape(at(ports['main']))
  expect(ordered(after, 'ours_total', service)).toBe(6)
  expect(ordered(after, 'wait_count', service)).toBe(6)
  expect(valueOf(after, `level_sum{${service}}`)).toBe(1 + 30)

  await tell(1, 'count')
  expect(ordered(await scrape(at(ports['main'])), 'theirs_total', service)).toBeGreaterThanOrEqual(
    6,
  )
  await tell(1, 'terminate')
  await sleep(300)
  const alone = await scrape(at(ports['main']))
  expect(ordered(alone, 'ours_total', service)).toBe(7)
  expect(valueOf(alone, `level_sum{${service}}`)).toBe(1)
})
