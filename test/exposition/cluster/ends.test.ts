import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Commanded, seriesOf, sumOf, visitsIn } from './commanded.ts'
import { valueOf } from '../../support/scrape.ts'
import { abruptWays, gracefulWays, type Kind, type WayToEnd } from './workers/commands.ts'

const patient = { timeout: 180_000 }

/** How many random programs run for each kind of worker. */
const programs = Number(process.env['RUNS'] ?? 4)

function allMetrics(visits: number): Readonly<Record<string, number>> {
  const names = ['theirs_total', 'ours_total', 'wait_count', 'took_count', 'size_count']
  return Object.fromEntries(names.map((name) => [name, visits]))
}

/** Waits until these workers are in the sum: those that started earlier join when the primary does. */
async function joined(commanded: Commanded, workers: number): Promise<void> {
  for (;;) {
    const body = await commanded.scrape()
    if (valueOf(body, 'level_sum{service="shop"}') === 1 + workers) return
    await sleep(20)
  }
}

const kinds: readonly Kind[] = ['cluster', 'threads']

describe.for(kinds)('%s', (kind) => {
  test('counts a worker to its last visit, however it ends', patient, async () => {
    await using commanded = await Commanded.start(kind)
    await commanded.send({ kind: 'serve' })
    let visits = 0
    for (const [worker, way] of gracefulWays[kind].entries()) {
      await commanded.send({ kind: 'start', worker })
      await commanded.send({ kind: 'count', worker, seconds: [1.5, 1.5] })
      await commanded.scrape()
      await commanded.send({ kind: 'end', worker, seconds: [1.5, 1.5, 1.5], way })
      visits += 5
      expect(visitsIn(await commanded.scrape()), way).toEqual(allMetrics(visits))
    }
  })

  test('keeps the last report of a worker that is killed', patient, async () => {
    await using commanded = await Commanded.start(kind)
    await commanded.send({ kind: 'serve' })
    let visits = 0
    for (const [worker, way] of abruptWays[kind].entries()) {
      await commanded.send({ kind: 'start', worker })
      await commanded.send({ kind: 'count', worker, seconds: [1.5, 1.5] })
      await commanded.scrape()
      await commanded.send({ kind: 'end', worker, seconds: [], way })
      visits += 2
      expect(visitsIn(await commanded.scrape()), way).toEqual(allMetrics(visits))
    }
  })

  test(
    'never decreases a sum when floating-point values are added in another order',
    patient,
    async () => {
      await using commanded = await Commanded.start(kind)
      await commanded.send({ kind: 'serve' })
      // (0.1 + 0.2) + 0.3 is greater than 0.1 + (0.2 + 0.3).
      for (const [worker, seconds] of [0.3, 0.1, 0.2].entries()) {
        await commanded.send({ kind: 'start', worker })
        await commanded.send({ kind: 'count', worker, seconds: [seconds] })
      }
      const sums = [sumOf(await commanded.scrape(), 'took_sum')]
      const way = gracefulWays[kind][0]
      for (const worker of [1, 0, 2]) {
        await commanded.send({ kind: 'end', worker, seconds: [], way })
        sums.push(sumOf(await commanded.scrape(), 'took_sum'))
      }
      expect(new Set(sums).size).toBe(1)
    },
  )

  test('counts a worker once that exits while its primary collects', patient, async () => {
    await using commanded = await Commanded.start(kind, { SLOW_MILLISECONDS: '500' })
    await commanded.send({ kind: 'serve' })
    const [way] = gracefulWays[kind]
    for (const worker of [0, 1, 2]) {
      await commanded.send({ kind: 'start', worker })
      await commanded.send({ kind: 'count', worker, seconds: [1, 2] })
    }
    const before = await commanded.scrape()
    const during = commanded.scrape()
    await sleep(250)
    await commanded.send({ kind: 'end', worker: 1, seconds: [], way })
    const bodies = [before, await during, await commanded.scrape()]
    expect(bodies.map(visitsIn)).toEqual(Array(3).fill(allMetrics(6)))
  })

  test('sums all workers, and no sum ever decreases', { timeout: programs * 60_000 }, async () => {
    const ways: readonly WayToEnd[] = [...gracefulWays[kind], ...abruptWays[kind]]
    const seconds = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { maxLength: 3 })
    const anyStep = fc.oneof(
      fc.record({ kind: fc.constant('start' as const) }),
      fc.record({ kind: fc.constant('count' as const), seconds, pick: fc.nat() }),
      fc.record({
        kind: fc.constant('end' as const),
        seconds,
        pick: fc.nat(),
        way: fc.constantFrom(...ways),
      }),
      fc.record({ kind: fc.constant('scrape' as const) }),
    )
    const program = fc.record({
      steps: fc.array(anyStep, { minLength: 6, maxLength: 14 }),
      servesAfter: fc.nat(3),
    })
    await fc.assert(
      fc.asyncProperty(program, async ({ steps, servesAfter }) => {
        await using commanded = await Commanded.start(kind)
        const running = new Map<number, { counted: number; reported: number }>()
        const ended = { atLeast: 0, atMost: 0 }
        let last = new Map<string, number>()
        const scraped = async (): Promise<string> => {
          const body = await commanded.scrape()
          const now = seriesOf(body)
          for (const [series, value] of last) {
            expect(now.get(series), series).toBeGreaterThanOrEqual(value)
          }
          last = now
          for (const worker of running.values()) worker.reported = worker.counted
          return body
        }
        let started = 0
        for (const [index, step] of steps.entries()) {
          if (index === servesAfter) {
            await commanded.send({ kind: 'serve' })
            await joined(commanded, running.size)
          }
          const isServing = index >= servesAfter
          if (step.kind === 'start') {
            started += 1
            await commanded.send({ kind: 'start', worker: started })
            running.set(started, { counted: 0, reported: 0 })
          } else if (step.kind === 'scrape') {
            if (isServing) await scraped()
          } else {
            const worker = [...running.keys()][step.pick % Math.max(1, running.size)]
            const state = worker === undefined ? undefined : running.get(worker)
            if (worker === undefined || state === undefined) continue
            // Nobody hears a worker that ends before the primary has called exposeMetrics.
            if (step.kind === 'end' && !isServing) continue
            state.counted += step.seconds.length
            if (step.kind === 'count') {
              await commanded.send({ kind: 'count', worker, seconds: step.seconds })
              continue
            }
            const { way } = step
            await commanded.send({ kind: 'end', worker, seconds: step.seconds, way })
            running.delete(worker)
            const isGraceful = gracefulWays[kind].some((graceful) => graceful === way)
            ended.atLeast += isGraceful ? state.counted : state.reported
            ended.atMost += state.counted
          }
        }
        const body = await scraped()
        const live = [...running.values()].reduce((sum, { counted }) => sum + counted, 0)
        for (const [name, visits] of Object.entries(visitsIn(body))) {
          expect(visits, name).toBeGreaterThanOrEqual(live + ended.atLeast)
          expect(visits, name).toBeLessThanOrEqual(live + ended.atMost)
        }
      }),
      { numRuns: programs, endOnFailure: true },
    )
  })
})

describe('threads', () => {
  test('notices the exit of threads started earlier, and by another thread', patient, async () => {
    await using commanded = await Commanded.start('threads')
    await commanded.send({ kind: 'start', worker: 0 })
    await commanded.send({ kind: 'start', worker: 1 })
    await commanded.send({ kind: 'serve' })
    await commanded.send({ kind: 'start', worker: 2, startedBy: 1 })
    for (const worker of [0, 1, 2]) {
      await commanded.send({ kind: 'count', worker, seconds: [1] })
    }
    expect(visitsIn(await commanded.scrape())).toEqual(allMetrics(3))
    const way = 'worker.terminate()'
    for (const worker of [0, 2]) await commanded.send({ kind: 'end', worker, seconds: [], way })
    const began = performance.now()
    const body = await commanded.scrape()
    expect(performance.now() - began).toBeLessThan(5000)
    expect(visitsIn(body)).toEqual(allMetrics(3))
    expect(body).not.toContain('collect_errors_total{metric="workers"')
  })
})
