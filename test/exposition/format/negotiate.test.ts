import { createServer, type Server } from 'node:http'
import { Registry } from 'prom-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { exposeMetrics, metricsResponse } from '../../../src/index.ts'
import { listen, type Served } from '../../support/serve.ts'

let served: Served

beforeAll(async () => {
  const server: Server = createServer(
    { maxHeaderSize: 1 << 20 },
    exposeMetrics(undefined, { registry: new Registry() }),
  )
  served = await listen(server)
  return () => served[Symbol.asyncDispose]()
})

async function contentTypeFor(accept: string | undefined): Promise<string | null> {
  const headers: Record<string, string> = accept === undefined ? {} : { accept }
  const response = await fetch(`${served.url}/metrics`, { headers })
  const body = await response.text()
  const { headers: answered } = response
  // Whatever was negotiated, the body is of that format.
  expect(body.endsWith('# EOF\n')).toBe(
    answered.get('content-type')?.startsWith('application/openmetrics-text'),
  )
  return answered.get('content-type')
}

const text = 'text/plain; version=0.0.4; charset=utf-8'
const text1 = 'text/plain; version=1.0.0; charset=utf-8'
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
const openMetrics0 = 'application/openmetrics-text; version=0.0.1; charset=utf-8'
const protobuf =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'

type Case = readonly [accept: string, contentType: string]

describe('headers of Prometheus and of browsers', () => {
  test.for<Case>([
    // Prometheus 3, its default and with protobuf first.
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      `${openMetrics}; escaping=underscores`,
    ],
    [
      `${protobuf};q=0.6,application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=underscores;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1`,
      `${openMetrics}; escaping=underscores`,
    ],
    [
      'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3',
      `${text1}; escaping=underscores`,
    ],
    // Prometheus 2.42.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      `${openMetrics}; escaping=underscores`,
    ],
    // Prometheus before OpenMetrics.
    [`${protobuf};q=0.7,text/plain;version=0.0.4;q=0.3,*/*;q=0.1`, text],
    // Firefox, curl, axios.
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', text],
    ['*/*', text],
    ['application/json, text/plain, */*', text],
  ])('%s', async ([accept, contentType]) => {
    expect(await contentTypeFor(accept)).toBe(contentType)
  })

  test('defaults to text without a header', async () => {
    expect(await contentTypeFor(undefined)).toBe(text)
  })
})

// The cases of expfmt's TestNegotiate, TestNegotiateIncludingOpenMetrics and TestNegotiateAccept,
// with what follows from there being no protobuf here. Two answers differ on purpose: `*/*` gets the
// text that a person at a terminal expects, and a scraper of the old formats that does not mention
// `escaping` is not told of it.
describe("the cases of Prometheus' Go library", () => {
  test.for<Case>([
    [protobuf, text],
    [`${protobuf}; escaping=allow-utf-8;`, text],
    [protobuf.replace('delimited', 'text'), text],
    [protobuf.replace('delimited', 'compact-text'), text],
    ['text/plain;version=0.0.4', text],
    ['text/plain;version=0.0.4;', text],
    ['text/plain;version=0.0.4; escaping=values;', `${text}; escaping=underscores`],
    ['text/plain;version=0.0.4; escaping=allow-utf-8', `${text}; escaping=underscores`],
    ['text/plain', text],
    ['application/openmetrics-text', openMetrics0],
    [
      'application/openmetrics-text;version=0.0.1; escaping=underscores',
      `${openMetrics0}; escaping=underscores`,
    ],
    ['application/openmetrics-text;version=0.0.1', openMetrics0],
    ['application/openmetrics-text;version=1.0.0', `${openMetrics}; escaping=underscores`],
    [
      'application/openmetrics-text;version=1.0.0; escaping=values;',
      `${openMetrics}; escaping=underscores`,
    ],
    ['application/openmetrics-text;version=2.0.0', text],
    ['application/openmetrics-text;version=0.0.4', text],
    [
      'application/openmetrics-text;version=1.0.0;q=0.8, application/openmetrics-text;version=2.0.0;q=0.9',
      `${openMetrics}; escaping=underscores`,
    ],
    ['application/unknown', text],
    ['test/plain', text],
  ])('%s', async ([accept, contentType]) => {
    expect(await contentTypeFor(accept)).toBe(contentType)
  })
})

describe('the rest of the grammar', () => {
  test.for<Case>([
    // The highest quality wins; among equals the more specific; among those the first.
    ['text/plain;q=0.2, application/openmetrics-text;q=0.3', openMetrics0],
    ['application/openmetrics-text;q=0.3, text/plain;q=0.4', text],
    [
      'application/openmetrics-text;version=1.0.0, text/plain',
      `${openMetrics}; escaping=underscores`,
    ],
    ['text/plain, application/openmetrics-text;version=1.0.0', text],
    ['*/*, application/openmetrics-text', openMetrics0],
    ['text/*, application/openmetrics-text', openMetrics0],
    ['*/*;q=1.0, application/openmetrics-text;q=0.999', text],
    ['application/*', `${openMetrics}; escaping=underscores`],
    // 0 means "not this one".
    ['application/openmetrics-text;q=0', text],
    ['application/openmetrics-text;q=0.000, text/plain;q=0.001', text],
    ['text/plain;q=0, */*;q=0', text],
    // Letters, spaces, quotes and parameters that are none of ours.
    ['APPLICATION/OpenMetrics-Text;Version=1.0.0', `${openMetrics}; escaping=underscores`],
    ['  application/openmetrics-text ; version="1.0.0" ', `${openMetrics}; escaping=underscores`],
    [
      'application/openmetrics-text;version="1.0\\.0";charset=utf-8',
      `${openMetrics}; escaping=underscores`,
    ],
    [
      'text/html;title="a, b; q=1", application/openmetrics-text;version=1.0.0;q=0.1',
      `${openMetrics}; escaping=underscores`,
    ],
    [
      String.raw`text/html;title="a\", application/openmetrics-text", text/plain;version=1.0.0;q=0.1`,
      `${text1}; escaping=underscores`,
    ],
    ['text/plain;version=1.0.0', `${text1}; escaping=underscores`],
    ['text/plain;version=1.0.0;escaping=dots', `${text1}; escaping=underscores`],
    ['text/plain;version=1.0.0;escaping=values', `${text1}; escaping=underscores`],
    ['text/plain;version=1.0.0;escaping=allow-utf-8', `${text1}; escaping=underscores`],
    ['text/plain;version=1.0.0;escaping=nonsense', `${text1}; escaping=underscores`],
    ['text/plain;version=3.0.0', text],
    // What cannot be read is passed over, and costs the others nothing.
    ['', text],
    [',,,', text],
    [';;;', text],
    ['text', text],
    ['=', text],
    ['application/openmetrics-text;q=high', text],
    ['application/openmetrics-text;q=1.1', text],
    ['application/openmetrics-text;q=-1', text],
    ['application/openmetrics-text;q=', text],
    ['application/openmetrics-text;version', text],
    ['application/openmetrics-text;="1"', text],
    ['application/openmetrics-text, "', openMetrics0],
    ['", application/openmetrics-text', text],
    ['(comment), application/openmetrics-text;version=0.0.1', openMetrics0],
    ['application/openmetrics-text;version=0.0.1;version=1.0.0', openMetrics0],
  ])('%s', async ([accept, contentType]) => {
    expect(await contentTypeFor(accept)).toBe(contentType)
  })
})

test('uses OpenMetrics on request, unless it is turned off', async () => {
  const accepts = [
    'application/openmetrics-text;version=1.0.0,text/plain;version=1.0.0;q=0.5',
    'application/*',
  ]
  for (const [accept, contentType] of [
    [accepts[0], `${text1}; escaping=underscores`],
    [accepts[1], text],
  ] as const) {
    const options = { registry: new Registry(), openMetrics: false }
    const headers = { accept: accept ?? '' }
    const response = await metricsResponse(new Request('http://x/', { headers }), options)
    expect(response.headers.get('content-type')).toBe(contentType)
    expect(await response.text()).not.toContain('# EOF')
  }
})

describe('reads a header of any length in linear time', () => {
  const hostile: Readonly<Record<string, (length: number) => string>> = {
    commas: (length) => ','.repeat(length),
    semicolons: (length) => `text/plain${';'.repeat(length)}`,
    quotes: (length) => '"'.repeat(length),
    backslashes: (length) => `text/plain;a="${'\\'.repeat(length)}`,
    spaces: (length) => `text/plain;${' '.repeat(length)}x`,
    'spaces before an equals sign': (length) => `text/plain;q${' '.repeat(length)}=1`,
    zeros: (length) => `text/plain;q=0.${'0'.repeat(length)}x`,
    types: (length) => 'a/b,'.repeat(length / 4),
    parameters: (length) => `text/plain${';a=b'.repeat(length / 4)}`,
    'unclosed quotes': (length) => 'a;b="c'.repeat(length / 6),
  }

  test.for(Object.keys(hostile))('%s', async (name) => {
    const make = hostile[name] as (length: number) => string
    const timeOf = async (length: number): Promise<number> => {
      const headers = { accept: make(length), 'accept-encoding': make(length) }
      let best = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < 5; attempt++) {
        const began = performance.now()
        const response = await fetch(`${served.url}/metrics`, { headers })
        await response.arrayBuffer()
        best = Math.min(best, performance.now() - began)
        expect(response.status).toBe(200)
      }
      return best
    }
    // Ten times the length in well under the hundred times of quadratic work, transport included.
    const short = await timeOf(20_000)
    const long = await timeOf(200_000)
    expect(long).toBeLessThan(40 * short + 100)
  })
})
