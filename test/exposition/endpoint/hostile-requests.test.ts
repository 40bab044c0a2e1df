import { createServer, request } from 'node:http'
import { Registry } from 'prom-client'
import { beforeAll, expect, test } from 'vitest'
import { exposeMetrics } from '../../../src/index.ts'
import { listen, type Served } from '../../support/serve.ts'

let served: Served

beforeAll(async () => {
  const authorize = {
    bearer: 'token',
    username: 'prometheus',
    password: 'secret',
    allow: ['127.0.0.1'],
  }
  const metrics = exposeMetrics((_req, res) => res.end(), { registry: new Registry(), authorize })
  served = await listen(createServer({ maxHeaderSize: 1 << 20 }, metrics))
  return () => served[Symbol.asyncDispose]()
})

interface Hostile {
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

const authorization = 'Bearer token'

const requests: Readonly<Record<string, (length: number) => Hostile>> = {
  'a token': (length) => ({ headers: { authorization: `Bearer ${'x'.repeat(length)}` } }),
  'spaces before a token': (length) => ({
    headers: { authorization: `Bearer ${' '.repeat(length)}x` },
  }),
  'a name and a password': (length) => ({
    headers: { authorization: `Basic ${'A'.repeat(length)}` },
  }),
  'a scheme': (length) => ({ headers: { authorization: 'x'.repeat(length) } }),
  'commas of proxies': (length) => ({
    headers: { authorization, 'x-forwarded-for': ','.repeat(length) },
  }),
  'proxies that are trusted': (length) => ({
    headers: { authorization, 'x-forwarded-for': `${'127.0.0.1,'.repeat(length / 10)}127.0.0.1` },
  }),
  'an address': (length) => ({
    headers: { authorization, 'x-forwarded-for': ':'.repeat(length) },
  }),
  'digits of a timeout': (length) => ({
    headers: { authorization, 'x-prometheus-scrape-timeout-seconds': `1.${'9'.repeat(length)}x` },
  }),
  'an encoding': (length) => ({
    headers: { authorization, 'accept-encoding': `${'gzip;q=0.1,'.repeat(length / 11)}x` },
  }),
  'a name of a metric': (length) => ({
    headers: { authorization },
    path: `/metrics?name[]=${'a'.repeat(length)}`,
  }),
  'names of metrics': (length) => ({
    headers: { authorization },
    path: `/metrics?${'name[]=a&'.repeat(length / 9)}`,
  }),
  'percent signs': (length) => ({
    headers: { authorization },
    path: `/metrics?${'%'.repeat(length)}`,
  }),
  'slashes of a path': (length) => ({ path: '/'.repeat(length) }),
  'a whole URL': (length) => ({ path: `http://${'x'.repeat(length)}/metrics` }),
}

function send({ headers = {}, path = '/metrics' }: Hostile): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: served.port, path, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
      .on('error', reject)
      .end()
  })
}

test.for(Object.keys(requests))('reads %s of any length in linear time', async (name) => {
  const make = requests[name] as (length: number) => Hostile
  const timeOf = async (length: number): Promise<number> => {
    const hostile = make(length)
    let best = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 4; attempt++) {
      const began = performance.now()
      expect([200, 401, 403]).toContain(await send(hostile))
      best = Math.min(best, performance.now() - began)
    }
    return best
  }
  const short = await timeOf(50_000)
  const long = await timeOf(200_000)
  // Four times the length in well under the sixteen times of quadratic work.
  expect(long).toBeLessThan(10 * short + 50)
})
