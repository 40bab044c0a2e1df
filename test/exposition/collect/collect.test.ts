import * as promClient from 'prom-client'
import { Gauge, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { ourRegistry, registryOf } from '../../../bench/exposition/registries.ts'
import { exposeMetrics, type ExpositionOptions, metricsResponse } from '../../../src/index.ts'
import { GaugeFamily } from '../../../src/metrics/gauge.ts'
import { scrape, valueOf } from '../../support/scrape.ts'
import { serve } from '../../support/serve.ts'

/** A registry with one healthy gauge and one whose collector is given. */
function registryWith(collect: () => void): Registry {
  const registry = new Registry()
  const registers = [registry]
  const healthy = new Gauge({ name: 'healthy', help: 'Always there.', registers })
  healthy.set(1)
  const troubled = new Gauge({
    name: 'troubled',
    help: 'Trouble.',
    registers,
    collect,
  })
  troubled.set(2)
  return registry
}

function errorsOf(body: string, metric = 'troubled'): number | undefined {
  return valueOf(body, `prisma_exposition_collect_errors_total{metric="${metric}"}`)
}

const never = (): Promise<never> => new Promise(() => {})

describe('a collector that fails', () => {
  const failure = new Error('password of the database is hunter2')
  const ways: Readonly<Record<string, () => void>> = {
    throws: () => {
      throw failure
    },
    rejects: () => Promise.reject(failure),
    'rejects later': async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw failure
    },
  }

  test.for(Object.keys(ways))('omits only its own family: %s', async (way) => {
    const errors: unknown[] = []
    await using served = await serve(
      exposeMetrics(undefined, {
        registry: registryWith(ways[way] as () => void),
        onError: (error) => errors.push(error),
      }),
    )
    const body = await scrape(`${served.url}/metrics`)
    expect(valueOf(body, 'healthy')).toBe(1)
    expect(body).not.toContain('troubled 2')
    expect(body).not.toContain('TYPE troubled')
    expect(body).not.toContain('hunter2')
    expect(errorsOf(body)).toBe(1)
    expect(errors).toEqual([failure])
    expect(errorsOf(await scrape(`${served.url}/metrics`))).toBe(2)
  })

  test('fails the whole scrape on request, without the error of the application', async () => {
    await using served = await serve(
      exposeMetrics(undefined, {
        registry: registryWith(() => Promise.reject(failure)),
        onCollectError: 'fail',
        onError: () => {},
      }),
    )
    const response = await fetch(`${served.url}/metrics`)
    expect(response.status).toBe(500)
    expect(await response.text()).toBe('A metric could not be read.\n')
    const unaffected = await fetch(`${served.url}/metrics?name[]=healthy`)
    expect(unaffected.status).toBe(200)
  })

  test('handles thrown values that are not errors, and an onError that throws', async () => {
    await using served = await serve(
      exposeMetrics(undefined, {
        registry: registryWith(() => Promise.reject(undefined)),
        onError: () => {
          throw new Error('of the reporter')
        },
      }),
    )
    expect(errorsOf(await scrape(`${served.url}/metrics`))).toBe(1)
  })

  test('omits a family of this package that cannot be refreshed', async () => {
    const registry = new Registry()
    const family = new GaugeFamily({
      name: 'own',
      type: 'gauge',
      help: 'Ours.',
      labelNames: [],
      aggregator: 'sum',
    })
    family.with([]).set(3)
    let isBroken = true
    family.beforeCollect(() => {
      if (isBroken) throw failure
    })
    registry.registerMetric(family as never)
    await using served = await serve(exposeMetrics(undefined, { registry, onError: () => {} }))
    const broken = await scrape(`${served.url}/metrics`)
    expect([valueOf(broken, 'own'), errorsOf(broken, 'own')]).toEqual([undefined, 1])
    isBroken = false
    const mended = await scrape(`${served.url}/metrics`)
    expect([valueOf(mended, 'own'), errorsOf(mended, 'own')]).toEqual([3, 1])
  })

  test.for<readonly [string, unknown]>([
    ['nothing', undefined],
    ['a text', 'values'],
    ['samples that are none', { values: [{ labels: {}, value: 5 }, null] }],
    ['a value that is no number', { values: [{ labels: {}, value: Symbol('x') }] }],
    ['no array', { values: { labels: {}, value: 5 } }],
  ])('a metric that answers with %s leaves no half of a family behind', async ([, answer]) => {
    const registry = registryWith(() => {})
    registry.registerMetric({
      name: 'strange',
      type: 'gauge',
      help: 'Strange.',
      get: () => Promise.resolve(answer),
    } as never)
    await using served = await serve(exposeMetrics(undefined, { registry, onError: () => {} }))
    const body = await scrape(`${served.url}/metrics`)
    expect(body.split('\n').filter((line) => /^(# \w+ )?strange/.test(line))).toEqual([])
    expect(valueOf(body, 'troubled')).toBe(2)
    expect(errorsOf(await scrape(`${served.url}/metrics`), 'strange')).toBeGreaterThanOrEqual(1)
    const options = { registry, onCollectError: 'fail', onError: () => {} } as const
    const whole = await metricsResponse(new Request('http://x/metrics'), options)
    expect([whole.status, await whole.text()]).toEqual([500, 'A metric could not be read.\n'])
  })

  test('accepts samples without labels', async () => {
    const registry = registryWith(() => {})
    const values = [{ value: 5 }]
    const get = (): unknown => Promise.resolve({ values })
    registry.registerMetric({ name: 'plain', type: 'gauge', help: 'Plain.', get } as never)
    await using served = await serve(exposeMetrics(undefined, { registry }))
    expect(valueOf(await scrape(`${served.url}/metrics`), 'plain')).toBe(5)
    registry.setDefaultLabels({ of: 'all' })
    expect(valueOf(await scrape(`${served.url}/metrics`), 'plain{of="all"}')).toBe(5)
  })

  test('handles a registry that fails as a whole', async () => {
    const registry = registryWith(() => {})
    await using served = await serve(exposeMetrics(undefined, { registry, onError: () => {} }))
    registry.getMetricsAsArray = () => {
      throw failure
    }
    const response = await fetch(`${served.url}/metrics`)
    expect([response.status, await response.text()]).toEqual([
      500,
      'The metrics could not be read.\n',
    ])
  })
})

describe('a collector that is late', () => {
  async function timed(
    options: Partial<ExpositionOptions>,
    headers: Record<string, string> = {},
  ): Promise<{ seconds: number; body: string; errors: unknown[] }> {
    const errors: unknown[] = []
    await using served = await serve(
      exposeMetrics(undefined, {
        registry: registryWith(never),
        onError: (error) => errors.push(error),
        ...options,
      }),
    )
    const began = performance.now()
    const body = await scrape(`${served.url}/metrics`, headers)
    return { seconds: (performance.now() - began) / 1000, body, errors }
  }

  const header = 'x-prometheus-scrape-timeout-seconds'

  test.for<readonly [string, Partial<ExpositionOptions>, Record<string, string>, number]>([
    ['of the option', { timeoutSeconds: 0.2 }, {}, 0.2],
    ['of the scraper, less the offset', {}, { [header]: '0.8' }, 0.3],
    ['of the scraper, less an offset', { timeoutOffsetSeconds: 0.1 }, { [header]: '0.3' }, 0.2],
    ['of the scraper, where the offset is longer', {}, { [header]: '0.4' }, 0.2],
    ['of the option, where it is shorter', { timeoutSeconds: 0.2 }, { [header]: '30' }, 0.2],
    ['of the scraper, where it is shorter', { timeoutSeconds: 9 }, { [header]: '0.7' }, 0.2],
    [
      'of the option, where the header says nothing',
      { timeoutSeconds: 0.2 },
      { [header]: '' },
      0.2,
    ],
    ['of the option, where it is no number', { timeoutSeconds: 0.2 }, { [header]: '-1' }, 0.2],
  ])('the deadline %s', async ([, options, headers, expected]) => {
    const { seconds, body, errors } = await timed(options, headers)
    expect(seconds).toBeGreaterThan(expected - 0.02)
    expect(seconds).toBeLessThan(expected + 0.4)
    expect(valueOf(body, 'healthy')).toBe(1)
    expect(body).not.toContain('TYPE troubled')
    expect(errorsOf(body)).toBe(1)
    expect(errors.map(String)).toEqual([
      expect.stringMatching(
        /^Error: prisma-prometheus: metric "troubled" was not collected within [\d.]+ s$/,
      ),
    ])
  })

  test('fails the whole scrape on request', async () => {
    const options = {
      registry: registryWith(never),
      onCollectError: 'fail',
      timeoutSeconds: 0.05,
      onError: () => {},
    } as const
    await using served = await serve(exposeMetrics(undefined, options))
    const response = await fetch(`${served.url}/metrics`)
    expect([response.status, await response.text()]).toEqual([503, 'A metric was late.\n'])
  })

  test('does not delay a scrape that does not select it', async () => {
    await using served = await serve(exposeMetrics(undefined, { registry: registryWith(never) }))
    expect(await scrape(`${served.url}/metrics?name[]=healthy`)).toContain('healthy 1\n')
  })

  test('is not called again until it has answered', async () => {
    let asked = 0
    let answer = (): void => {}
    const registry = registryWith(() => {
      asked += 1
      return new Promise<void>((resolve) => {
        answer = resolve
      })
    })
    const options = { registry, timeoutSeconds: 0.05, onError: () => {} }
    await using served = await serve(exposeMetrics(undefined, options))
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      expect(await scrape(`${served.url}/metrics`)).not.toContain('troubled 2')
    }
    expect(asked).toBe(1)
    const waiting = scrape(`${served.url}/metrics`)
    setTimeout(() => answer(), 10)
    expect(valueOf(await waiting, 'troubled')).toBe(2)
    expect(asked).toBe(1)
  })

  test('does not cause an unhandled rejection by a late failure', async () => {
    const rejections: unknown[] = []
    const onRejection = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', onRejection)
    const registry = registryWith(async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      throw new Error('late and failed')
    })
    const options = { registry, timeoutSeconds: 0.02, onError: () => {} }
    await using served = await serve(exposeMetrics(undefined, options))
    await scrape(`${served.url}/metrics`)
    await new Promise((resolve) => setTimeout(resolve, 120))
    process.off('unhandledRejection', onRejection)
    expect(rejections).toEqual([])
  })
})

describe('scrapes at the same time', () => {
  test('share one collection', async () => {
    let asked = 0
    const registry = registryWith(async () => {
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 500))
    })
    const listener = exposeMetrics(undefined, { registry })
    await using served = await serve(listener)
    const bodies = await Promise.all(
      Array.from({ length: 20 }, () => scrape(`${served.url}/metrics`)),
    )
    expect(asked).toBe(1)
    for (const body of bodies) expect(valueOf(body, 'troubled')).toBe(2)
    await scrape(`${served.url}/metrics`)
    expect(asked).toBe(2)
  })

  test('share it over several endpoints of one registry, in any format, with any filter', async () => {
    let asked = 0
    const registry = registryWith(async () => {
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 500))
    })
    await using one = await serve(exposeMetrics(undefined, { registry }))
    await using other = await serve(exposeMetrics(undefined, { registry, path: '/other' }))
    const accept = 'application/openmetrics-text'
    const bodies = await Promise.all([
      scrape(`${one.url}/metrics`),
      scrape(`${one.url}/metrics`, { accept }),
      scrape(`${one.url}/metrics?name[]=troubled`),
      scrape(`${other.url}/other`),
    ])
    expect(asked).toBe(1)
    for (const body of bodies) expect(valueOf(body, 'troubled')).toBe(2)
  })

  test('contain what was recorded after the previous scrape', async () => {
    const registry = new Registry()
    const gauge = new Gauge({ name: 'now', help: 'Now.', registers: [registry] })
    await using served = await serve(exposeMetrics(undefined, { registry }))
    for (let value = 0; value < 50; value++) {
      gauge.set(value)
      expect(valueOf(await scrape(`${served.url}/metrics`), 'now')).toBe(value)
    }
  })

  test('are limited by maxInFlight, over all endpoints of the registry', async () => {
    let answer = (): void => {}
    const registry = registryWith(
      () =>
        new Promise<void>((resolve) => {
          answer = resolve
        }),
    )
    const options = { registry, maxInFlight: 2 }
    await using one = await serve(exposeMetrics(undefined, options))
    await using other = await serve(exposeMetrics(undefined, { ...options, path: '/other' }))
    const first = scrape(`${one.url}/metrics`)
    const second = scrape(`${other.url}/other`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const third = await fetch(`${one.url}/metrics`)
    expect([third.status, await third.text()]).toEqual([
      503,
      'Too many scrapes at once, try again later.\n',
    ])
    answer()
    expect(valueOf(await first, 'troubled')).toBe(2)
    expect(valueOf(await second, 'troubled')).toBe(2)
    const fourth = scrape(`${one.url}/metrics`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    answer()
    expect(valueOf(await fourth, 'prisma_exposition_requests_total{code="503"}')).toBe(1)
  })
})

describe('the event loop', () => {
  /** Turns of the loop while the task runs. */
  async function turnsDuring(task: () => Promise<unknown>): Promise<number> {
    let turns = 0
    let isRunning = true
    const turn = (): void => {
      turns += 1
      if (isRunning) setImmediate(turn)
    }
    setImmediate(turn)
    await task()
    isRunning = false
    return turns
  }

  const registries: Readonly<Record<string, (lines: number) => Registry>> = {
    'of ours': ourRegistry,
    'of prom-client': (lines) => registryOf(promClient, lines),
  }

  test.for(Object.keys(registries))(
    'is not blocked while a large body is written: %s',
    async (name) => {
      const make = registries[name] as (lines: number) => Registry
      const small = { registry: make(400) }
      const large = { registry: make(160_000) }
      const scrapeOf = (options: typeof small): Promise<unknown> =>
        metricsResponse(new Request('http://x/'), options)
      expect(await turnsDuring(() => scrapeOf(large))).toBeGreaterThan(
        2 + (await turnsDuring(() => scrapeOf(small))),
      )
    },
  )

  test('is not blocked while one large family is written', async () => {
    const family = new GaugeFamily({
      name: 'large',
      type: 'gauge',
      help: 'Large.',
      labelNames: ['of'],
      aggregator: 'sum',
    })
    const registry = new Registry()
    registry.registerMetric(family as never)
    const scrapeOf = (): Promise<unknown> => metricsResponse(new Request('http://x/'), { registry })
    const turns = await turnsDuring(scrapeOf)
    for (let series = 0; series < 200_000; series++) family.with([`series ${series}`])
    expect(await turnsDuring(scrapeOf)).toBeGreaterThan(2 + turns)
  })
})
