import { request } from 'node:http'
import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { type AuthorizeRules, exposeMetrics, metricsResponse } from '../../../src/index.ts'
import { serve } from '../../support/serve.ts'

interface Answer {
  readonly status: number
  readonly challenges: readonly string[]
  readonly body: string
}

function secretRegistry(): Registry {
  const registry = new Registry()
  new Counter({ name: 'secret_total', help: 'Secret.', registers: [registry] }).inc()
  return registry
}

/** A scrape, as if from an address. */
async function scrapeFrom(
  rules: AuthorizeRules,
  remoteAddress: string | undefined,
  headers: Record<string, string> = {},
): Promise<number> {
  const from = remoteAddress === undefined ? {} : { remoteAddress }
  const response = await metricsResponse(new Request('http://x/metrics', { headers }), {
    registry: new Registry(),
    authorize: rules,
    ...from,
  })
  return response.status
}

async function scrape(
  authorize: NonNullable<Parameters<typeof exposeMetrics>[1]>['authorize'],
  headers: Record<string, string> = {},
  onError?: (error: unknown) => void,
): Promise<Answer> {
  const options = { registry: secretRegistry(), onError: onError ?? (() => {}) }
  await using served = await serve(
    exposeMetrics(undefined, authorize === undefined ? options : { ...options, authorize }),
  )
  return await new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port: served.port, path: '/metrics', headers, agent: false },
      async (response) => {
        const challenges = response.headersDistinct['www-authenticate'] ?? []
        const body = (await response.toArray()).join('')
        resolve({ status: response.statusCode ?? 0, challenges, body })
      },
    )
      .on('error', reject)
      .end()
  })
}

function basic(credentials: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

describe('a bearer token', () => {
  const rules = { bearer: 'correct horse' }

  test.for<readonly [string, number]>([
    ['Bearer correct horse', 200],
    ['bearer correct horse', 200],
    ['BEARER   correct horse  ', 200],
    ['Bearer correct horse2', 401],
    ['Bearer correct hors', 401],
    ['Bearer ', 401],
    ['Bearer', 401],
    ['', 401],
    ['correct horse', 401],
    ['Basic correct horse', 401],
    [`Basic ${Buffer.from('correct horse').toString('base64')}`, 401],
    ['Bearer Bearer correct horse', 401],
    [`Bearer ${'x'.repeat(10_000)}`, 401],
  ])('%s', async ([authorization, status]) => {
    expect((await scrape(rules, { authorization })).status).toBe(status)
  })

  test('is requested by scheme, without any metric in the answer', async () => {
    expect(await scrape(rules)).toEqual({
      status: 401,
      challenges: ['Bearer realm="metrics"'],
      body: 'Unauthorized.\n',
    })
  })

  test('can be any of several during a rotation', async () => {
    const both = { bearer: ['old', 'new'] }
    expect((await scrape(both, { authorization: 'Bearer old' })).status).toBe(200)
    expect((await scrape(both, { authorization: 'Bearer new' })).status).toBe(200)
    expect((await scrape(both, { authorization: 'Bearer other' })).status).toBe(401)
  })
})

describe('a name and a password', () => {
  const rules = { username: 'prometheus', password: ['geheim:ß', 'second'] }

  test.for<readonly [string, number]>([
    ['prometheus:geheim:ß', 200],
    ['prometheus:second', 200],
    ['prometheus:', 401],
    ['prometheus', 401],
    [':second', 401],
    ['other:second', 401],
    ['prometheus:geheim', 401],
    ['', 401],
  ])('%s', async ([credentials, status]) => {
    expect((await scrape(rules, basic(credentials))).status).toBe(status)
  })

  test('are rejected if they are not base64', async () => {
    expect((await scrape(rules, { authorization: 'Basic %%%' })).status).toBe(401)
    expect((await scrape(rules)).challenges).toEqual(['Basic realm="metrics", charset="UTF-8"'])
  })

  test('are an alternative to a token', async () => {
    const either = { ...rules, bearer: 'token' }
    expect((await scrape(either, { authorization: 'Bearer token' })).status).toBe(200)
    expect((await scrape(either, basic('prometheus:second'))).status).toBe(200)
    expect((await scrape(either)).challenges).toEqual([
      'Bearer realm="metrics"',
      'Basic realm="metrics", charset="UTF-8"',
    ])
  })
})

describe('addresses', () => {
  const rules = { allow: ['10.0.0.0/8', '192.168.1.7', '2001:db8::/32', '::1'] }

  test.for<readonly [string | undefined, number]>([
    ['10.0.0.0', 200],
    ['10.255.255.255', 200],
    ['11.0.0.0', 403],
    ['192.168.1.7', 200],
    ['192.168.1.8', 403],
    ['::ffff:10.1.2.3', 200],
    ['::FFFF:10.1.2.3', 200],
    ['::ffff:11.1.2.3', 403],
    ['2001:db8:1::5', 200],
    ['2001:db9::5', 403],
    ['::1', 200],
    ['fe80::1%eth0', 403],
    ['not an address', 403],
    ['', 403],
    [undefined, 403],
  ])('%s', async ([address, status]) => {
    expect(await scrapeFrom(rules, address)).toBe(status)
  })

  test('are read from the socket, not from headers', async () => {
    const headers = { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1' }
    expect((await scrape(rules, headers)).status).toBe(403)
    expect((await scrape({ allow: ['127.0.0.1'] }, headers)).status).toBe(200)
    expect((await scrape({ allow: ['127.0.0.0/8'] })).status).toBe(200)
  })

  test('are required in addition to credentials', async () => {
    const both = { allow: ['127.0.0.1'], bearer: 'token' }
    expect((await scrape(both)).status).toBe(401)
    expect((await scrape(both, { authorization: 'Bearer token' })).status).toBe(200)
    const elsewhere = { allow: ['10.0.0.1'], bearer: 'token' }
    expect((await scrape(elsewhere, { authorization: 'Bearer token' })).status).toBe(403)
  })
})

describe('a function', () => {
  test('receives the request and accepts it by returning true only', async () => {
    const seen: (string | undefined)[] = []
    const answer = await scrape((req) => {
      seen.push(req.url)
      return true
    })
    expect(answer.status).toBe(200)
    expect(seen).toEqual(['/metrics'])
    for (const value of [false, undefined, null, 1, 'yes', {}, Promise.resolve(1)]) {
      expect((await scrape(() => value as boolean)).status).toBe(403)
    }
    expect((await scrape(() => Promise.resolve(true))).status).toBe(200)
  })

  test('rejects all requests if it throws, without its error in the answer', async () => {
    const errors: unknown[] = []
    const failure = new Error('database password is hunter2')
    const onError = (error: unknown): void => void errors.push(error)
    const thrown = await scrape(
      () => {
        throw failure
      },
      {},
      onError,
    )
    const rejected = await scrape(() => Promise.reject(failure), {}, onError)
    expect([thrown, rejected]).toEqual(
      Array.from({ length: 2 }, () => ({ status: 403, challenges: [], body: 'Forbidden.\n' })),
    )
    expect(errors).toEqual([failure, failure])
  })

  test('receives the Request of a Fetch server', async () => {
    const registry = new Registry()
    const authorize = ({ headers }: Request): boolean => headers.get('x-key') === 'right'
    const answered = async (key: string): Promise<number> => {
      const asked = new Request('http://x/metrics', { headers: { 'x-key': key } })
      return (await metricsResponse(asked, { registry, authorize })).status
    }
    expect([await answered('right'), await answered('wrong')]).toEqual([200, 403])
  })
})

describe('a function that does not settle', () => {
  const never = new Promise<boolean>(() => {})

  test('is answered with 503 at the deadline of the scrape', async () => {
    const errors: unknown[] = []
    const headers = { 'x-prometheus-scrape-timeout-seconds': '0.6' }
    const answer = await scrape(
      () => never,
      headers,
      (error) => void errors.push(error),
    )
    expect(answer).toMatchObject({ status: 503, body: 'The authorization took too long.\n' })
    expect(errors).toMatchObject([{ code: 'PRISMA_PROMETHEUS_AUTHORIZE_TIMEOUT' }])
  })

  test('counts for maxInFlight, until its client disconnects', async () => {
    const registry = new Registry()
    let authorize = (): boolean | Promise<boolean> => never
    const options = { registry, maxInFlight: 1, authorize: () => authorize() }
    await using served = await serve(exposeMetrics(undefined, options))
    const abort = new AbortController()
    const first = fetch(`${served.url}/metrics`, { signal: abort.signal }).catch(() => 'aborted')
    await expect.poll(() => inFlight(registry)).toBe(1)
    authorize = () => true
    expect((await fetch(`${served.url}/metrics`)).status).toBe(503)
    abort.abort()
    expect(await first).toBe('aborted')
    await expect.poll(() => inFlight(registry)).toBe(0)
    expect((await fetch(`${served.url}/metrics`)).status).toBe(200)
  })

  test('may reject later without ending the process', async () => {
    const answer = scrape(
      () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 900)),
      { 'x-prometheus-scrape-timeout-seconds': '0.6' },
    )
    expect((await answer).status).toBe(503)
    await new Promise((resolve) => setTimeout(resolve, 600))
  })

  async function inFlight(registry: Registry): Promise<number> {
    const text = await registry.getSingleMetricAsString('prisma_exposition_requests_in_flight')
    return Number(/in_flight (\d+)$/m.exec(text)?.[1])
  }
})

describe('rejects rules that would accept everybody or that are invalid', () => {
  test.for<readonly [unknown, string]>([
    [undefined, 'authorize: expected an object or a function, got undefined'],
    [null, 'authorize: expected an object or a function, got object'],
    [true, 'authorize: expected an object or a function, got boolean'],
    ['secret', 'authorize: expected an object or a function, got string'],
    [{}, 'authorize: expected bearer, username and password, or allow, got none of them'],
    [{ bearer: undefined }, 'authorize: expected bearer: a string or an array of them'],
    [{ bearer: '' }, 'authorize: expected bearer: a string that is not empty'],
    [{ bearer: ['secret', ''] }, 'authorize: expected bearer: a string that is not empty'],
    [{ bearer: [] }, 'authorize: expected bearer: at least one, got an empty array'],
    [{ username: 'secret' }, 'authorize: expected password: a string or an array of them'],
    [{ password: 'secret' }, 'authorize: expected username: a string or an array of them'],
    [{ username: 'a:b', password: 'secret' }, 'expected username: a name without a colon'],
    [{ allow: '10.0.0.1' }, 'authorize: expected allow: an array of addresses, got string'],
    [{ allow: ['10.0.0.0/33'] }, 'got "10.0.0.0/33"'],
    [{ allow: ['10.0.0.0/'] }, 'got "10.0.0.0/"'],
    [{ allow: ['10.0.0.0/8/8'] }, 'got "10.0.0.0/8/8"'],
    [{ allow: ['localhost'] }, 'got "localhost"'],
    [{ allow: ['::1/129'] }, 'got "::1/129"'],
    [{ allow: [undefined] }, 'authorize: expected allow'],
    [{ allow: [] }, 'authorize: expected allow: at least one address'],
    [{ allow: ['fe80::1%eth0'] }, 'got "fe80::1%eth0"'],
    [{ bearer: 'secret\n' }, 'authorize: expected bearer: printable latin1'],
    [{ bearer: ' ' }, 'authorize: expected bearer: printable latin1'],
    [{ bearer: ' secret' }, 'authorize: expected bearer: printable latin1'],
    [{ bearer: 'secret\u{a0}' }, 'authorize: expected bearer: printable latin1'],
    [{ bearer: 'secret€' }, 'authorize: expected bearer: printable latin1'],
    [{ bearer: ['right', 'secret\0'] }, 'authorize: expected bearer: printable latin1'],
    [{ username: ['secret'], password: 'x' }, 'authorize: expected username: a string'],
    [{ username: 'secret\n', password: 'x' }, 'expected username: no control characters'],
    [{ username: 'x', password: 'secret\n' }, 'expected password: no control characters'],
    [{ username: 'x', password: 'secret\ud800' }, 'expected password: no control characters'],
    [{ token: 'secret' }, 'expected only bearer, username, password, allow, got "token"'],
  ])('%j', ([authorize, message]) => {
    const options = { registry: new Registry(), authorize: authorize as AuthorizeRules }
    let thrown: unknown
    try {
      exposeMetrics(undefined, options)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(TypeError)
    expect((thrown as Error).message).toContain(message)
    expect((thrown as Error).message).not.toContain('secret')
  })
})

test('counts rejected requests', async () => {
  const registry = new Registry()
  const options = { registry, authorize: { bearer: 'token' } }
  await using served = await serve(exposeMetrics(undefined, options))
  await fetch(`${served.url}/metrics`)
  const headers = { authorization: 'Bearer token' }
  const body = await (await fetch(`${served.url}/metrics`, { headers })).text()
  expect(body).toContain('prisma_exposition_requests_total{code="401"} 1\n')
})
