import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { Pool } from 'pg'
import { Counter, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { exposeMetrics, prismaMetrics } from '../../src/index.ts'
import { prismaMetrics as prisma8Metrics } from '../../src/prisma-8.ts'
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

// The catalogue grows.
const withoutCount = (line: string): string => line.replace(/and \d+ more/, 'and N more')

/** The lines of a report that hold a finding. */
async function findings(body: string): Promise<string[]> {
  const { out } = await serving(
    (_, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(body),
    (url) => runCommand('check', url),
  )
  return out
    .split('\n')
    .filter((line) => /^(?:error|warning|note)/.test(line))
    .map((line) => withoutCount(line.replace(/ \[[\w-]+\]$/, '')))
}

const info =
  '# HELP prisma_client_info x\n# TYPE prisma_client_info gauge\nprisma_client_info{client="default",row_source="statements"} 1\n'

test('reports that nothing is instrumented', async () => {
  expect(await findings('')).toEqual([
    'error   no prisma_client_info: no client is instrumented here',
  ])
})

test('reports clients in the registry of another copy of prom-client', async () => {
  const require = createRequire(import.meta.url)
  for (const path of Object.keys(require.cache)) {
    if (path.includes('/prom-client/')) Reflect.deleteProperty(require.cache, path)
  }
  const copy = require('prom-client') as { readonly Registry: typeof Registry }
  expect(copy.Registry).not.toBe(Registry)
  prismaMetrics({ registry: new copy.Registry() })
  const { code, out } = await serving(
    exposeMetrics(undefined, { registry: new Registry() }),
    (url) => runCommand('check', url, '--json'),
  )
  expect(code).toBe(1)
  const { findings: found } = JSON.parse(out) as { findings: { code: string; advice: string }[] }
  expect(found).toMatchObject([
    { code: 'other-registry', advice: expect.stringContaining('npm ls prom-client') as string },
  ])
})

test('reports that the adapter is not wrapped', async () => {
  const told = await findings(info.replace('statements', 'operations'))
  expect(told.filter((line) => line.includes('client default'))).toEqual([
    'warning client default: the adapter is not wrapped, so nested writes, raw SQL, transactions and the pool are not measured',
    'note    client default: no operations',
  ])
})

test('advises on clients of Prisma 8, beside one of Prisma 7', async () => {
  const series = (name: string, labels: string, value: number): string =>
    `# HELP ${name} x\n# TYPE ${name} gauge\n${name}{${labels}} ${value}\n`
  const clients = [
    'client="seven",client_version="7.10.0",row_source="statements"',
    'client="eight",client_version="8",row_source="none"',
  ]
  const body =
    series('prisma_client_info', clients[0] ?? '', 1) +
    `prisma_client_info{${clients[1]}} 1\n` +
    series('prisma_contract_in_sync', 'client="eight"', 0)
  const { out } = await serving(
    (_, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(body),
    (url) => runCommand('check', url, '--json'),
  )
  const { findings: found } = JSON.parse(out) as {
    findings: { code: string; text: string; advice?: string }[]
  }
  const about = (client: string) =>
    found.filter(({ text }) => text.startsWith(`client ${client}:`)).map(({ code }) => code)
  expect(about('seven')).toEqual(['no-operations', 'no-pool', 'no-migrations'])
  expect(about('eight')).toEqual(['pool-not-instrumented', 'no-operations', 'contract-out-of-sync'])
  const operations = found.filter(({ code }) => code === 'no-operations')
  expect(operations.map(({ advice }) => advice)).toEqual([
    expect.stringContaining('metrics.instrument(client)'),
    expect.stringContaining('metrics.instrument(db)'),
  ])
})

test('reports lines that break the format', async () => {
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
      "error   line 6: expected a label, got "1\\",x=\\"2\\"} 1"",
      "error   line 8: expected a value, got "one"",
      "error   line 9: expected a type, got "meter"",
      "error   line 5: second sample of a_total {"x":"1"}",
      "error   f: no bucket le="+Inf" at {}",
    ]
  `)
})

test('reports broken histograms, names and units', async () => {
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
      "note    client default: no pool metrics",
      "note    client default: no migration metrics",
      "warning metrics of the catalogue are missing: prisma_operation_duration_seconds, prisma_operation_errors_total, prisma_operation_wait_seconds_total and N more",
      "note    metrics of the catalogue are missing: http_server_request_duration_seconds, http_server_active_requests",
      "note    metrics of the catalogue are missing: prisma_exposition_requests_total, prisma_exposition_requests_in_flight, prisma_exposition_collect_errors_total and N more",
    ]
  `)
})

test('reports labels with very many values, and ids', async () => {
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

test('reports an id in a default label of the registry once', async () => {
  const registry = new Registry()
  const registers = [registry]
  new Counter({ name: 'a_total', help: 'x', registers }).inc()
  const users = new Counter({ name: 'u_total', help: 'x', labelNames: ['user'], registers })
  users.inc({ user: '7654321' })
  registry.setDefaultLabels({ pid: 1234567 })
  const told = await findings(await registry.metrics())
  expect(told.filter((line) => line.includes('label'))).toEqual([
    'note    label pid holds long numbers, the same value in every series',
    'error   u_total: label user holds long numbers',
  ])
})

test('reports the errors that the metrics count', async () => {
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
      'warning prisma_operation_rows has reached maxSeries label sets and folds further ones into $other: 3 times',
      'error   prisma_operation_rows: expected a histogram, got a gauge',
    ]),
  )
})

test('reports missing metrics of the catalogue', async () => {
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
  const told = filtered.out
    .split('\n')
    .filter((line) => line.includes('missing'))
    .map(withoutCount)
  expect(told).toMatchInlineSnapshot(`
    [
      "warning metrics of the catalogue are missing: prisma_operation_duration_seconds, prisma_operation_errors_total, prisma_operation_wait_seconds_total and N more [missing-metrics]",
      "note    metrics of the catalogue are missing: http_server_request_duration_seconds, http_server_active_requests [missing-metrics]",
      "note    metrics of the catalogue are missing: prisma_exposition_requests_total, prisma_exposition_requests_in_flight, prisma_exposition_collect_errors_total and N more [missing-metrics]",
    ]
  `)
})

test('finds nothing wrong with an instrumented client of Prisma 8', async () => {
  const registry = new Registry()
  const metrics = prisma8Metrics({ registry, migrations: false })
  metrics.pool(new Pool())
  const plan = { ast: { kind: 'select' }, sql: '', params: [] }
  await metrics.middleware.interceptQuery(plan, { contract: { target: 'postgres' } })
  const { out } = await serving(exposeMetrics(undefined, { registry }), (url) =>
    runCommand('check', url),
  )
  expect(out).not.toMatch(/^(?:error|warning)/m)
  expect(out).toContain('metrics.instrument(db)')
})

test('finds no error in a scrape of exposeMetrics, with any prefix', async () => {
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

test('sends the token, and reports a missing one', async () => {
  const registry = new Registry()
  const guarded = exposeMetrics(undefined, { registry, authorize: { bearer: 'secret' } })
  await serving(guarded, async (url) => {
    const without = await runCommand('check', url)
    expect(without.code).toBe(3)
    expect(without.error).toContain('expected status 200, got 401; pass --token, or a name')
    const { code } = await runCommand('check', url, '--token', 'secret')
    expect(code).toBe(1)
  })
})

test('sends name and password of the URL without printing them', async () => {
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

test('prefers --token to the password of the URL, and that to METRICS_TOKEN', async () => {
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

test('rejects credentials that cannot be sent without printing them', async () => {
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

test('does not read another content type, and reports its address', async () => {
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
      'error   Content-Type: expected text/plain; version=0.0.4, got text/html; the body is not checked [content-type]',
    ])
  })
})

test('reads OpenMetrics', async () => {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  new Counter({ name: 'orders', help: 'x', registers: [registry] }).inc()
  const body = await registry.metrics()
  const answer =
    (text: string): RequestListener =>
    (_, response) =>
      response.setHeader('content-type', registry.contentType).end(text)
  const whole = await serving(answer(body), (url) => runCommand('check', url))
  expect(whole.out.match(/^(?:error|warning).*/gm)).toEqual([
    'error   no prisma_client_info: no client is instrumented here [not-instrumented]',
  ])
  const cut = await serving(answer(body.replace('# EOF', '')), (url) => runCommand('check', url))
  expect(cut.out).toContain('error   the body does not end with # EOF')
})

test('prints JSON with stable codes, without the codes of --ignore', async () => {
  const handler: RequestListener = (_, response) =>
    response.setHeader('content-type', 'text/plain').end('a_total 1\n')
  const { code, out } = await serving(handler, (url) => runCommand('check', url, '--json'))
  expect(code).toBe(1)
  const { findings: found } = JSON.parse(out) as { findings: { code: string }[] }
  expect(found.map((finding) => finding.code)).toEqual([
    'no-help',
    'no-type',
    'total-suffix',
    'not-instrumented',
  ])
  const ignored = await serving(handler, (url) =>
    runCommand('check', url, '--ignore', 'not-instrumented'),
  )
  expect(ignored.code).toBe(0)
  expect(ignored.out).not.toContain('not-instrumented')
  expect((await runCommand('check', 'http://127.0.0.1:1/', '--ignore', 'x')).code).toBe(2)
})

test('suggests a wrong path if the answer is 404', async () => {
  await serving(exposeMetrics(undefined, { registry: new Registry() }), async (url) => {
    const { code, error } = await runCommand('check', new URL('/', url).href)
    expect(code).toBe(3)
    expect(error).toContain('got 404; is the path right?')
  })
})

test('exits with 3 if there is no answer in time', async () => {
  const { code, error } = await runCommand('check', 'http://127.0.0.1:1/metrics')
  expect(code).toBe(3)
  expect(error).toContain('http://127.0.0.1:1/metrics: expected a response, got: ')
  const late = await serving(
    () => undefined,
    (url) => runCommand('check', url, '--timeout', '0.2005'),
  )
  expect(late.code).toBe(3)
  expect(late.error).toContain('aborted due to timeout')
})

test('reads an invalid long line in linear time', async () => {
  const start = performance.now()
  await findings(`${info}a{${'x="\\\\",'.repeat(50_000)}\n${'b{'.repeat(50_000)}\n`)
  expect(performance.now() - start).toBeLessThan(3000)
})

test('reads a long label value in linear time and finds ids in it', async () => {
  const start = performance.now()
  const told = await findings(
    `${info}a{x="${'a'.repeat(200_000)}"} 1\nb{x="to ${'a'.repeat(1000)}@example.com"} 1\n`,
  )
  expect(performance.now() - start).toBeLessThan(3000)
  expect(told).toContain('error   b: label x holds mail addresses')
})

test('prints neither credentials nor query values in errors', async () => {
  const results = [
    await runCommand('check', 'http://name:s3cret@127.0.0.1:1/metrics?token=s3cret'),
    await runCommand('check', 'htp://name:s3cret@127.0.0.1/metrics'),
    await runCommand('check', 'http://127.0.0.1:1/metrics', 'http://name:s3cret@127.0.0.1/'),
    await runCommand('http://name:s3cret@127.0.0.1/metrics', '--out', 'x'),
  ]
  const listener: RequestListener = (_, response) => response.writeHead(404).end()
  const query = '?token=s3cret&name[]=up'
  results.push(await serving(listener, (url) => runCommand('check', url + query)))
  const served: RequestListener = (_, response) =>
    response.setHeader('content-type', 'text/plain').end(info)
  results.push(await serving(served, (url) => runCommand('check', url + query)))
  const printed = results.map(({ out, error }) => out + error).join('\n')
  expect(printed).not.toContain('s3cret')
  expect(printed).toContain('?token=***&name[]=up')
  expect(results.map(({ code }) => code)).toEqual([3, 2, 2, 2, 3, 0])
})

test('stops reading a small compressed body that is very large', { timeout: 60_000 }, async () => {
  const zeros = gzipSync(Buffer.alloc(450 * 1024 * 1024, 'a'), { level: 1 })
  const bomb: RequestListener = (_, response) =>
    response
      .setHeader('content-type', 'text/plain; version=0.0.4')
      .setHeader('content-encoding', 'gzip')
      .end(zeros)
  const before = process.memoryUsage().rss
  const { code, error } = await serving(bomb, (url) => runCommand('check', url))
  expect(code).toBe(3)
  expect(error).toContain('expected a body of at most 67108864 bytes, got more')
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024)
})

test('keeps a label named __proto__', async () => {
  const values = ['3f2504e0-4f89-11d3-9a0c-0305e82c3301', '3f2504e0-4f89-11d3-9a0c-0305e82c3302']
  const lines = values.map((value) => `u_total{__proto__="${value}"} 1\n`)
  expect(await findings(info + lines.join(''))).toContain(
    'error   u_total: label __proto__ holds UUIDs',
  )
})
