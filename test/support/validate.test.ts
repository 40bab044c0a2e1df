import { runInNewContext } from 'node:vm'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { exposeMetrics, metricsResponse, prismaMetrics } from '../../src/index.ts'
import { expectNoNPlusOne, expectOperations } from '../../src/testing/index.ts'
import { serve } from '../support/serve.ts'

/** The given options in every form that JavaScript reads alike with `options.name`. */
function formsOf(options: Record<string, unknown>): Record<string, Record<string, unknown>> {
  // What the compiler makes of `class Config extends Base { get name() { … } }`.
  const prototype = Object.create({}, { constructor: { value: Object } })
  for (const [name, value] of Object.entries(options)) {
    Object.defineProperty(prototype, name, { get: () => value })
  }
  return {
    'an object with the options as its prototype': Object.create(options),
    'an instance of a class with getters': Object.create(prototype),
    'an object without a prototype': Object.assign(Object.create(null), options),
    'non-enumerable properties': Object.defineProperties(
      {},
      Object.fromEntries(Object.entries(options).map(([name, value]) => [name, { value }])),
    ),
    'an object of another realm': runInNewContext('Object.assign({}, options)', { options }),
  }
}

const forms = Object.keys(formsOf({}))

describe.for(forms)('options in %s', (form) => {
  const inForm = (options: Record<string, unknown>): Record<string, unknown> =>
    formsOf(options)[form] ?? {}

  test('keep every rule of authorize in exposeMetrics', async () => {
    const authorize = inForm({ bearer: 'T' })
    const options = inForm({ registry: new Registry(), path: '/m', authorize })
    await using served = await serve(exposeMetrics(undefined, options))
    const scrape = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${served.url}/m`, { headers })).status
    expect(await scrape({})).toBe(401)
    expect(await scrape({ authorization: 'Bearer T' })).toBe(200)
  })

  test('keep every rule of authorize in metricsResponse', async () => {
    const options = inForm({ registry: new Registry(), authorize: inForm({ bearer: 'T' }) })
    const response = await metricsResponse(new Request('http://x/metrics'), options)
    expect(response.status).toBe(401)
  })

  test('refuse misspelled names', async () => {
    const registry = new Registry()
    const wrong = inForm({ registry, authorise: { bearer: 'T' } })
    const message = 'got "authorise"'
    expect(() => exposeMetrics(undefined, wrong)).toThrow(message)
    await expect(metricsResponse(new Request('http://x/'), wrong)).rejects.toThrow(message)
    expect(() => prismaMetrics(wrong)).toThrow(message)
    const nested = { collectDefaultMetrics: inForm({ labelz: {} }) }
    expect(() => exposeMetrics(undefined, { registry, ...nested })).toThrow('got "labelz"')
    for (const name of ['slowOperation', 'nPlusOne', 'migrations', 'legacyMetrics']) {
      const options = { registry, [name]: inForm({ wrong: 1 }) }
      expect(() => prismaMetrics(options)).toThrow(`${name}: expected only`)
    }
    const metrics = prismaMetrics({ registry })
    expect(() => metrics.gauge(inForm({ nmae: 'x' }) as never)).toThrow('got "nmae"')
    const probe = inForm({ registrie: registry })
    await expect(expectOperations(() => 1, probe).toBe(0)).rejects.toThrow('got "registrie"')
    await expect(expectNoNPlusOne(() => 1, probe)).rejects.toThrow('got "registrie"')
  })

  test('reach the default metrics', async () => {
    const registry = new Registry()
    const labels = inForm({ service: 'shop' })
    const collectDefaultMetrics = inForm({ prefix: 'shop_', labels })
    exposeMetrics(undefined, { registry, collectDefaultMetrics })
    expect(await registry.metrics()).toContain(
      'shop_process_cpu_user_seconds_total{service="shop"}',
    )
  })

  test('reach prismaMetrics, a gauge and the labels of its readings', async () => {
    const registry = new Registry()
    const metrics = prismaMetrics(inForm({ registry, prefix: 'shop_' }))
    expect(registry.getSingleMetric('shop_operations_in_flight')).toBeDefined()
    const reading = inForm({ labels: inForm({ state: 'open' }), value: 7 })
    const read = (): unknown[] => [reading]
    metrics.gauge(inForm({ name: 'jobs', help: 'Jobs.', labelNames: ['state'], read }) as never)
    expect(await registry.metrics()).toContain('jobs{state="open"} 7')
  })
})

describe('options that cannot be interpreted are refused', () => {
  test.for([
    ['a Map', new Map([['authorize', { bearer: 'T' }]])],
    ['an array', []],
    ['a promise', Promise.resolve({})],
    ['a date', new Date()],
    ['a function', () => ({})],
    ['null', null],
    ['a string', 'path=/m'],
  ])('%s', async ([, options]) => {
    const registry = new Registry()
    const wrong = options as never
    expect(() => exposeMetrics(undefined, wrong)).toThrow('prisma-prometheus: options: expected')
    const response = metricsResponse(new Request('http://x/'), wrong)
    await expect(response).rejects.toThrow('prisma-prometheus: options: expected')
    expect(() => prismaMetrics(wrong)).toThrow('prisma-prometheus: options: expected')
    expect(() => exposeMetrics(undefined, { registry, collectDefaultMetrics: wrong })).toThrow(
      'prisma-prometheus: collectDefaultMetrics: expected',
    )
    expect(() => prismaMetrics({ registry, models: wrong })).toThrow(
      'prisma-prometheus: models: expected',
    )
    for (const name of ['slowOperation', 'nPlusOne', 'migrations', 'legacyMetrics']) {
      expect(() => prismaMetrics({ registry, [name]: wrong })).toThrow(`${name}: expected`)
    }
    expect(() => prismaMetrics({ registry }).gauge(wrong)).toThrow('gauge(definition): expected')
  })
})

test('properties that something has added to Object.prototype are not options', () => {
  const added = { configurable: true, enumerable: true, writable: true, value: '/m' }
  // oxlint-disable-next-line no-extend-native -- what a broken library does
  Object.defineProperty(Object.prototype, 'polluted', added)
  try {
    expect(() => exposeMetrics(undefined, { registry: new Registry() })).not.toThrow()
  } finally {
    Reflect.deleteProperty(Object.prototype, 'polluted')
  }
})

test('an option that a getter computes is read once', () => {
  let reads = 0
  const options = {
    registry: new Registry(),
    get authorize() {
      reads += 1
      return { bearer: 'T' }
    },
  }
  exposeMetrics(undefined, options)
  expect(reads).toBe(1)
})
