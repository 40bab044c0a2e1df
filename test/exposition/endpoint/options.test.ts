import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { exposeMetrics, metricsResponse } from '../../../src/index.ts'

const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ registries: [] }, 'options: expected only registry, prefix,'],
  [{ registry: null }, 'registry: expected a Registry of prom-client or @prometheus-io/client'],
  [{ registry: {} }, 'got an object with the keys (none)'],
  [{ registry: [] }, 'registry: expected a registry or several, got []'],
  [{ registry: [new Registry(), 5] }, 'registry: expected a Registry'],
  [{ prefix: '1x' }, 'prefix: expected the start of a metric name'],
  [{ prefix: '' }, 'prefix: expected the start of a metric name'],
  [{ collectDefaultMetrics: 'yes' }, 'collectDefaultMetrics: expected true, false or'],
  [{ maxInFlight: 0 }, 'maxInFlight: expected a whole number of at least 1, got 0'],
  [{ maxInFlight: 1.5 }, 'maxInFlight: expected a whole number of at least 1, got 1.5'],
  [{ timeoutSeconds: 0 }, 'timeoutSeconds: expected a number of seconds greater than 0, got 0'],
  [{ timeoutSeconds: '5' }, 'timeoutSeconds: expected a number of seconds greater than 0, got "5"'],
  [{ timeoutSeconds: Number.NaN }, 'timeoutSeconds: expected a number of seconds greater than 0'],
  [
    { timeoutOffsetSeconds: -1 },
    'timeoutOffsetSeconds: expected a number of seconds of at least 0',
  ],
  [{ onCollectError: 'ignore' }, "onCollectError: expected 'continue' or 'fail', got \"ignore\""],
  [{ compression: true }, 'compression: expected false or an array of zstd, br, gzip, got true'],
  [{ compression: ['deflate'] }, 'compression: expected false or an array of zstd, br, gzip'],
  [{ openMetrics: 'no' }, 'openMetrics: expected true or false, got "no"'],
  [{ onError: 'log' }, 'onError: expected a function, got "log"'],
]

describe('rejects options of the wrong type by name', () => {
  test.for(wrong)('%o', async ([options, message]) => {
    const make = (): unknown => exposeMetrics(undefined, options)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`prisma-prometheus: `)
    expect(make).toThrow(message)
    const response = metricsResponse(new Request('http://x/'), options)
    await expect(response).rejects.toThrow(
      Object.hasOwn(options, 'registries') ? 'options: expected only' : message,
    )
  })

  test.for<readonly [Record<string, unknown>, string]>([
    [
      { path: 'metrics' },
      'path: expected a path from / on, percent-encoded, without a query, got "metrics"',
    ],
    [
      { path: '/metrics?x' },
      'path: expected a path from / on, percent-encoded, without a query, got "/metrics?x"',
    ],
    [{ path: 5 }, 'path: expected a path from / on, percent-encoded, without a query, got 5'],
    [{ path: '/métriques' }, 'path: expected a path from / on, percent-encoded'],
    [{ path: '/a b' }, 'path: expected a path from / on, percent-encoded'],
    [{ http: 'no' }, 'http: expected true or false, got "no"'],
    [{ route: '/users' }, 'route: expected a function that returns a string or undefined'],
    [{ route: async () => '/users' }, 'and is not async, got a function'],
    [
      { writeTimeoutSeconds: 0 },
      'writeTimeoutSeconds: expected a number of seconds greater than 0',
    ],
    [{ remoteAddress: '::1' }, 'options: expected only'],
  ])('%o', ([options, message]) => {
    const registry = new Registry()
    expect(() => exposeMetrics(undefined, { registry, ...options })).toThrow(message)
  })

  test('rejects an invalid handler and invalid options', async () => {
    expect(() => exposeMetrics({} as never)).toThrow(
      'prisma-prometheus: exposeMetrics(handler): expected a request listener, or undefined before the options, got an object',
    )
    expect(() => exposeMetrics(undefined, null as never)).toThrow('options: expected an object')
    const options = { registry: new Registry(), remoteAddress: 5 } as never
    await expect(metricsResponse(new Request('http://x/'), options)).rejects.toThrow(
      'remoteAddress: expected an IP address, got 5',
    )
  })
})

test('rejects a taken name of its own metrics', () => {
  const registry = new Registry()
  registry.registerMetric(
    new Counter({ name: 'prisma_exposition_requests_total', help: 'Theirs.', registers: [] }),
  )
  expect(() => exposeMetrics(undefined, { registry })).toThrow(
    'prisma-prometheus: metric "prisma_exposition_requests_total": expected the name to be free',
  )
})
