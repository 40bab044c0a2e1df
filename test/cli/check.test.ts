import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { Counter, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'
import { afterEach, expect, test, vi } from 'vitest'
import { exposeMetrics, prismaMetrics } from '../../src/index.ts'
import { runCommand } from './run-command.ts'

afterEach(() => void vi.unstubAllEnvs())

async function serving<T>(handler: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  try {
    return await use(`http://127.0.0.1:${port}/metrics`)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** The lines of a report that hold a finding. */
async function findings(body: string): Promise<string[]> {
  const { out } = await serving(
    (_, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(body),
    (url) => runCommand('check', url),
  )
  return out.split('\n').filter((line) => /^(?:error|warning|note)/.test(line))
}

const info =
  '# HELP prisma_client_info x\n# TYPE prisma_client_info gauge\nprisma_client_info{client="default",row_source="statements"} 1\n'

test('tells that nothing is instrumented', async () => {
  expect(await findings('')).toEqual([
    'error   no prisma_client_info: no client is instrumented here',
  ])
})

test('tells that the adapter is not wrapped', async () => {
  const told = await findings(info.replace('statements', 'operations'))
  expect(told.filter((line) => line.includes('client default'))).toEqual([
    'warning client default: the adapter is not wrapped, so nested writes, raw SQL, transactions and the pool are not seen',
    'note    client default: no operations',
  ])
})

test('tells what is not of the format', async () => {
  const body = [
    'a_total{x="1"} 1',
    'a_total{x="1"} 2',
    'b{x="1} 1',
    'c{x="1",x="2"} 1',
    'd one',
    '# TYPE e meter',
    'f{le="1"} 1',
    '# TYPE f histogram',
    'g 1',
  ].join('\n')
  const errors = (await findings(info + body)).filter((line) => line.startsWith('error'))
  expect(errors).toMatchInlineSnapshot(`
    [
      "error   the last line does not end: the body is cut off",
      "error   line 5: a second sample of a_total{x="1"}",
      "error   line 6: expected a name, labels and a number, got "b{x=\\"1} 1"",
      "error   line 7: expected a name, labels and a number, got "c{x=\\"1\\",x=\\"2\\"} 1"",
      "error   line 8: expected a name, labels and a number, got "d one"",
      "error   line 9: expected a type, got "meter"",
      "error   line 11: TYPE of f after its samples",
      "error   f: no bucket le="+Inf" at {}",
    ]
  `)
})

test('tells broken histograms, names and units', async () => {
  const body = `# TYPE h histogram
# HELP h x
h_bucket{le="1"} 3
h_bucket{le="2"} 2
h_bucket{le="+Inf"} 4
h_sum 1
h_count 5
# TYPE i histogram
# HELP i x
i_bucket{le="1"} 3
i_sum 1
i_count 3
# TYPE requests counter
# HELP requests x
requests 1
# TYPE wait_ms gauge
# HELP wait_ms x
wait_ms 1
# TYPE up gauge
# HELP up x
up 1
orphan 1
`
  expect(await findings(info + body)).toMatchInlineSnapshot(`
    [
      "warning requests: a counter without _total",
      "warning wait_ms: not in a base unit",
      "warning up: Prometheus' own name",
      "warning orphan: no HELP",
      "warning orphan: no TYPE",
      "error   h: le="+Inf" and _count differ at {}",
      "error   h: its buckets are not cumulative at {}",
      "error   i: no bucket le="+Inf" at {}",
      "note    client default: no operations",
      "note    client default: no pool is seen",
      "note    client default: no migrations are seen",
      "warning of the catalogue, these are missing: prisma_operation_duration_seconds, prisma_operation_errors_total, prisma_operations_in_flight and 31 more",
      "note    of the catalogue, these are missing: http_server_request_duration_seconds, http_server_active_requests",
      "note    of the catalogue, these are missing: prisma_exposition_requests_total, prisma_exposition_requests_in_flight, prisma_exposition_collect_errors_total and 1 more",
    ]
  `)
})

test('tells labels with very many values, and ids', async () => {
  const registry = new Registry()
  const registers = [registry]
  const routes = new Counter({ name: 'r_total', help: 'x', labelNames: ['route'], registers })
  for (let index = 0; index < 101; index++) routes.inc({ route: `route-${index}` })
  const users = new Counter({ name: 'u_total', help: 'x', labelNames: ['user'], registers })
  users.inc({ user: '3f2504e0-4f89-11d3-9a0c-0305e82c3301' })
  new Histogram({ name: 'd_seconds', help: 'x', registers }).observe(1)
  expect(await findings(info + (await registry.metrics()))).toEqual(
    expect.arrayContaining([
      'warning r_total: label route has 101 values',
      'error   u_total: label user holds UUIDs',
    ]),
  )
})

test('notes an id that is a default label of the registry once', async () => {
  const registry = new Registry()
  const registers = [registry]
  new Counter({ name: 'a_total', help: 'x', registers }).inc()
  const users = new Counter({ name: 'u_total', help: 'x', labelNames: ['user'], registers })
  users.inc({ user: '7654321' })
  registry.setDefaultLabels({ pid: 1234567 })
  const told = await findings(await registry.metrics())
  expect(told.filter((line) => line.includes('label'))).toEqual([
    'note    label pid holds long numbers, the same one in every series',
    'error   u_total: label user holds long numbers',
  ])
})

test('tells what the metrics themselves complain of', async () => {
  const body = `# HELP prisma_series_dropped_total x
# TYPE prisma_series_dropped_total counter
prisma_series_dropped_total{client="default",metric="prisma_operation_rows"} 3
# HELP prisma_instrumentation_errors_total x
# TYPE prisma_instrumentation_errors_total counter
prisma_instrumentation_errors_total{client="default"} 0
# HELP prisma_operation_rows x
# TYPE prisma_operation_rows gauge
`
  expect(await findings(info + body)).toEqual(
    expect.arrayContaining([
      'warning prisma_operation_rows has reached maxSeries and folds into $other: 3 times',
      'error   prisma_operation_rows: expected a histogram, got a gauge',
    ]),
  )
})

test('tells which metrics of the catalogue are missing', async () => {
  const registry = new Registry()
  prismaMetrics({ registry }).adapter({
    provider: 'postgres',
    adapterName: 'none',
    connect: () => Promise.reject(new Error('not here')),
  } as never)
  const whole = await serving(
    exposeMetrics((_, response) => response.end(), { registry }),
    (url) => runCommand('check', url),
  )
  expect(whole.out).not.toContain('missing')

  const filtered = await serving(exposeMetrics(undefined, { registry }), (url) =>
    runCommand('check', `${url}?name[]=prisma_client_info&name[]=prisma_operation_rows`),
  )
  const told = filtered.out.split('\n').filter((line) => line.includes('missing'))
  expect(told).toMatchInlineSnapshot(`
    [
      "warning of the catalogue, these are missing: prisma_operation_duration_seconds, prisma_operation_errors_total, prisma_operations_in_flight and 30 more",
      "note    of the catalogue, these are missing: http_server_request_duration_seconds, http_server_active_requests",
      "note    of the catalogue, these are missing: prisma_exposition_requests_total, prisma_exposition_requests_in_flight, prisma_exposition_collect_errors_total and 1 more",
    ]
  `)
})

test('finds no error in what exposeMetrics serves, under any prefix', async () => {
  const registry = new Registry()
  prismaMetrics({ registry, prefix: 'shop_' }).adapter({
    provider: 'postgres',
    adapterName: 'none',
    connect: () => Promise.reject(new Error('not here')),
  } as never)
  const { code, out } = await serving(exposeMetrics(undefined, { registry }), (url) =>
    runCommand('check', url, '--prefix', 'shop_'),
  )
  expect(out).toContain('0 errors')
  expect(code).toBe(0)
})

test('sends the token, and says that one is missing', async () => {
  const registry = new Registry()
  const guarded = exposeMetrics(undefined, { registry, authorize: { bearer: 'secret' } })
  await serving(guarded, async (url) => {
    const without = await runCommand('check', url)
    expect(without.code).toBe(3)
    expect(without.error).toContain('expected status 200, got 401; give --token, or name')
    const { code } = await runCommand('check', url, '--token', 'secret')
    expect(code).toBe(1)
  })
})

test('sends name and password of the URL, and prints neither', async () => {
  const authorize = { username: 'prometheus', password: 'p@ss:word' }
  const guarded = exposeMetrics(undefined, { registry: new Registry(), authorize })
  await serving(guarded, async (url) => {
    const ask = (password: string): ReturnType<typeof runCommand> =>
      runCommand('check', url.replace('//', `//prometheus:${encodeURIComponent(password)}@`))
    const wrong = await ask('secret')
    expect(wrong.code).toBe(3)
    expect(wrong.error).not.toContain('secret')
    const { code, out } = await ask(authorize.password)
    expect(code).toBe(1) // No client is instrumented here.
    expect(out).toContain(`${url}: `)
  })
})

test('the token goes before the password of the URL, and that before METRICS_TOKEN', async () => {
  const sent: (string | undefined)[] = []
  const note: RequestListener = ({ headers }, response) => {
    sent.push(headers.authorization)
    response.end()
  }
  await serving(note, async (url) => {
    vi.stubEnv('METRICS_TOKEN', 'from-environment')
    const withPassword = url.replace('//', '//name:word@')
    await runCommand('check', withPassword, '--token', 'given')
    await runCommand('check', withPassword)
    await runCommand('check', url)
    vi.stubEnv('METRICS_TOKEN', '')
    await runCommand('check', url)
  })
  const basic = `Basic ${Buffer.from('name:word').toString('base64')}`
  expect(sent).toEqual(['Bearer given', basic, 'Bearer from-environment', undefined])
})

test('credentials that cannot be sent are wrong usage, and not printed', async () => {
  const url = 'http://127.0.0.1:1/metrics'
  const results = [
    await runCommand('check', url, '--token', 'secret\nsecond line'),
    await runCommand('check', url, '--token', ''),
    await runCommand('check', url.replace('//', '//name:secret%ZZ@')),
  ]
  vi.stubEnv('METRICS_TOKEN', 'secret\u{1F511}')
  results.push(await runCommand('check', url))
  expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2])
  const messages = results.map(({ error }) => error.split('\n')[0])
  expect(messages).toMatchInlineSnapshot(`
    [
      "prisma-prometheus: --token: expected one line of printable ASCII, got other characters",
      "prisma-prometheus: --token: expected one line of printable ASCII, got nothing",
      "prisma-prometheus: check: expected the name and password in the URL to be percent-encoded, as in %25 for %, got something else",
      "prisma-prometheus: METRICS_TOKEN: expected one line of printable ASCII, got other characters",
    ]
  `)
  expect(messages.join('\n')).not.toContain('secret')
})

test('does not read what is of another type, and says where it came from', async () => {
  const page = `<!doctype html>\n${'<p class="a">1</p>\n'.repeat(300)}`
  const signIn: RequestListener = ({ url }, response) => {
    if (url === '/metrics') response.writeHead(302, { location: '/sign-in' }).end()
    else response.setHeader('content-type', 'text/html').end(page)
  }
  await serving(signIn, async (url) => {
    const { code, out } = await runCommand('check', url)
    expect(code).toBe(1)
    expect(out).toContain(`${url} → ${new URL('/sign-in', url).href}: 0 series`)
    expect(out.match(/^(?:error|warning|note).*/gm)).toEqual([
      'error   Content-Type: expected text/plain; version=0.0.4, got text/html; the body is not checked',
    ])
  })
})

test('an endpoint that always answers OpenMetrics is neither right nor wrong', async () => {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  new Counter({ name: 'orders_total', help: 'x', registers: [registry] }).inc()
  const body = await registry.metrics()
  const { code, out, error } = await serving(
    (_, response) => response.setHeader('content-type', registry.contentType).end(body),
    (url) => runCommand('check', url),
  )
  expect(code).toBe(3)
  expect(out).toBe('')
  expect(error).toContain('expected the text format that was asked for, got OpenMetrics')
})

test('asks whether the path is right where there is nothing', async () => {
  await serving(exposeMetrics(undefined, { registry: new Registry() }), async (url) => {
    const { code, error } = await runCommand('check', new URL('/', url).href)
    expect(code).toBe(3)
    expect(error).toContain('got 404; is the path right?')
  })
})

test('ends with 3 where nobody answers, or too late', async () => {
  const { code, error } = await runCommand('check', 'http://127.0.0.1:1/metrics')
  expect(code).toBe(3)
  expect(error).toContain('http://127.0.0.1:1/metrics: expected an answer, got: ')
  const late = await serving(
    () => undefined,
    (url) => runCommand('check', url, '--timeout', '0.2005'),
  )
  expect(late.code).toBe(3)
  expect(late.error).toContain('aborted due to timeout')
})

test('a long line of rubbish costs no more than its length', async () => {
  const start = performance.now()
  await findings(`${info}a{${'x="\\\\",'.repeat(50_000)}\n${'b{'.repeat(50_000)}\n`)
  expect(performance.now() - start).toBeLessThan(3000)
})

test('a long label value costs no more than its length, and ids in it are found', async () => {
  const start = performance.now()
  const told = await findings(
    `${info}a{x="${'a'.repeat(200_000)}"} 1\nb{x="to ${'a'.repeat(1000)}@example.com"} 1\n`,
  )
  expect(performance.now() - start).toBeLessThan(3000)
  expect(told).toContain('error   b: label x holds mail addresses')
})
