import { request } from 'node:http'
import * as zlib from 'node:zlib'
import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import {
  exposeMetrics,
  type ExpositionOptions,
  metricsResponse,
  type MetricsResponseOptions,
} from '../../../src/index.ts'
import { serve } from '../../support/serve.ts'

const { zstdDecompressSync } = zlib as {
  zstdDecompressSync?: (content: Buffer) => Buffer
}
const hasZstd = zstdDecompressSync !== undefined

interface Answer {
  readonly coding: string | undefined
  readonly vary: string | undefined
  readonly length: number
  /** As it came. */
  readonly content: Buffer
}

/** Over `node:http`, which neither asks for a compression nor undoes one. */
async function scrape(
  acceptEncoding: string | undefined,
  options: Partial<ExpositionOptions> = {},
): Promise<Answer> {
  const registry = new Registry()
  const counter = new Counter({
    name: 'visits_total',
    help: 'Visits.',
    labelNames: ['page'],
    registers: [registry],
  })
  for (let page = 0; page < 5000; page++) counter.inc({ page: `/${page}/é` }, page)
  await using served = await serve(exposeMetrics(undefined, { registry, ...options }))
  return await new Promise((resolve, reject) => {
    const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding }
    const path = '/metrics?name[]=visits_total'
    request({ port: served.port, path, headers, agent: false }, async (response) => {
      const content = Buffer.concat(await response.toArray())
      resolve({
        coding: response.headers['content-encoding'],
        vary: response.headers.vary,
        length: Number(response.headers['content-length']),
        content,
      })
    })
      .on('error', reject)
      .end()
  })
}

const plain = (await scrape(undefined)).content

describe('the compressions', () => {
  const decoders: Readonly<Record<string, ((content: Buffer) => Buffer) | undefined>> = {
    gzip: zlib.gunzipSync,
    br: zlib.brotliDecompressSync,
    zstd: zstdDecompressSync,
  }

  test.for(['gzip', 'br', 'zstd'])('%s', async (coding, { skip }) => {
    const decode = decoders[coding]
    skip(decode === undefined, `no ${coding} in Node ${process.version}`)
    const answer = await scrape(coding)
    expect(answer.coding).toBe(coding)
    expect(answer.vary).toBe('Accept, Accept-Encoding')
    expect(answer.length).toBe(answer.content.length)
    expect(answer.content.length).toBeLessThan(plain.length / 5)
    expect(decode?.(answer.content).equals(plain)).toBe(true)
  })

  test('none', async () => {
    const answer = await scrape(undefined)
    expect(answer.coding).toBeUndefined()
    expect(answer.vary).toBe('Accept, Accept-Encoding')
    expect(answer.length).toBe(answer.content.length)
  })
})

describe('the chosen compression', () => {
  const best = hasZstd ? 'zstd' : 'br'

  test.for<readonly [acceptEncoding: string, coding: string | undefined]>([
    ['', undefined],
    ['identity', undefined],
    ['deflate', undefined],
    ['*', best],
    ['br;q=0, zstd;q=0, *', 'gzip'],
    ['gzip;q=0.5, *;q=0.1', 'gzip'],
    ['*;q=0.5, identity', undefined],
    ['*;q=0', undefined],
    ['gzip;q=0', undefined],
    ['gzip, deflate, br, zstd', best],
    ['gzip,zstd', hasZstd ? 'zstd' : 'gzip'],
    ['zstd,gzip', hasZstd ? 'zstd' : 'gzip'],
    ['gzip, br', 'br'],
    ['gzip;q=0.1,br;q=0.5', 'br'],
    ['GZIP', 'gzip'],
    [' gzip ; q=0.5 , identity ; q=0.1', 'gzip'],
    ['gzip;q=1.0, identity; q=0.5, *;q=0', 'gzip'],
    ['gzip;q=0.2, identity;q=0.8', undefined],
    ['gzip;q=high', undefined],
    ['identity;q=0', undefined],
  ])('%s', async ([acceptEncoding, coding]) => {
    expect((await scrape(acceptEncoding)).coding).toBe(coding)
  })

  test('is chosen among the supported ones', async () => {
    expect((await scrape('gzip, br', { compression: ['br', 'gzip'] })).coding).toBe('br')
    expect((await scrape('gzip, br', { compression: ['br'] })).coding).toBe('br')
    expect((await scrape('gzip', { compression: ['br'] })).coding).toBeUndefined()
    expect((await scrape('gzip, br', { compression: false })).coding).toBeUndefined()
  })

  test('sends the length of the compressed body for HEAD', async () => {
    const registry = new Registry()
    await using served = await serve(exposeMetrics(undefined, { registry, path: '/' }))
    const url = `${served.url}/?name[]=none`
    const headers = { 'accept-encoding': 'gzip' }
    const [asGet, asHead] = [
      await fetch(url, { headers }),
      await fetch(url, { headers, method: 'HEAD' }),
    ]
    expect(asHead.headers.get('content-encoding')).toBe('gzip')
    expect(asHead.headers.get('content-length')).toBe(asGet.headers.get('content-length'))
  })
})

test('compresses a Response only if the option allows it', async () => {
  const codingOf = async (options: MetricsResponseOptions): Promise<string | null> => {
    const headers = { 'accept-encoding': 'gzip' }
    const response = await metricsResponse(new Request('http://x/', { headers }), {
      registry: new Registry(),
      ...options,
    })
    return response.headers.get('content-encoding')
  }
  expect(await codingOf({})).toBeNull()
  // As a variable that is not set makes it in plain JavaScript.
  expect(await codingOf({ compression: undefined } as object)).toBeNull()
  expect(await codingOf({ compression: ['gzip'] })).toBe('gzip')
})
