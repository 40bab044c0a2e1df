import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { createDatabase } from '../../support/database/database.ts'
import { startExample } from '../../example/example.ts'
import { findTool } from '../../monitoring/tools.ts'
import { complaints, type Series, startPrometheus } from './prometheus.ts'
import { findPython, type ParsedFamily, startParsers } from '../format/python-parsers.ts'
import { relayTo } from './relay.ts'

const prometheus = findTool('prometheus')
const promtool = findTool('promtool')
const python = findPython()

/** What Prometheus 2 asks for by itself is OpenMetrics. */
const formats = [
  { name: 'text', accept: 'text/plain;version=0.0.4', served: 'text/plain; version=0.0.4' },
  { name: 'openmetrics', accept: undefined, served: 'application/openmetrics-text; version=1.0.0' },
] as const

test('exposes every series of the example to a real Prometheus in both formats', async ({
  skip,
}) => {
  skip(prometheus === undefined || promtool === undefined, 'no prometheus')
  skip(python === undefined, 'no prometheus_client')
  await using database = await createDatabase()
  const example = await startExample({ DATABASE_URL: database.url })
  const metrics = await example.printed(/Metrics +(\S+)/)
  const accepts = Object.fromEntries(formats.map(({ name, accept }) => [`/${name}`, accept]))
  await using relay = await relayTo(metrics, accepts)
  const targets = Object.fromEntries(formats.map(({ name }) => [name, `${relay.url}/${name}`]))
  await using running = await startPrometheus(prometheus ?? '', targets)
  await expect
    .poll(() => running.query('count_over_time(up{job!="itself"}[1m]) >= 3'), { timeout: 30_000 })
    .toHaveLength(2)

  const ups = await running.query('min_over_time(up{job!="itself"}[1m])')
  expect(ups.map(({ value }) => value[1])).toEqual(['1', '1'])
  expect(await running.query(complaints)).toEqual([])

  using parsers = startParsers(python ?? '')
  for (const { name, served } of formats) {
    const ingested = scrapesIn(await running.query(`{job="${name}"}[1m]`))
    const sent = relay.scrapes.get(`/${name}`) ?? []
    expect(ingested.length).toBeGreaterThanOrEqual(2)
    for (const [index, series] of ingested.entries()) {
      const { contentType, body } = sent[index] ?? { contentType: '', body: '' }
      expect(contentType).toContain(served)
      expect(series).toEqual(samplesOf(await parsers.parse(name, body)))
      expect(Object.keys(series).length).toBeGreaterThan(800)
    }
    const last = Object.keys(ingested.at(-1) ?? {})
    expect(last).toContainEqual(expect.stringMatching(/^monitoring_alerts_raised_total/))
    expect(last).toContainEqual(expect.stringMatching(/^prisma_operation_duration_seconds_bucket/))
    expect(last).toContainEqual(expect.stringMatching(/^http_server_request_duration_seconds_sum/))
  }

  const { stdout, stderr, status } = spawnSync(promtool ?? '', ['check', 'metrics'], {
    input: relay.scrapes.get('/text')?.at(-1)?.body,
    encoding: 'utf8',
  })
  expect([status, stdout, stderr]).toEqual([0, '', ''])
  expect(await example.end('SIGTERM')).toEqual({ code: 0, signal: null })
})

/** Values by series. */
type Samples = Record<string, number>

/** What Prometheus has of each scrape, by what it itself notes of them. */
function scrapesIn(found: readonly Series[]): Samples[] {
  const scrapes = new Map<number, Samples>()
  for (const { metric, values } of found) {
    const { __name__: name = '', job: _, instance: __, ...labels } = metric
    for (const [time, text] of values) {
      const samples = scrapes.get(time) ?? {}
      scrapes.set(time, samples)
      if (/^(?:up|scrape_\w+)$/.test(name)) continue
      samples[keyOf(name, labels)] = Number(text.replace('Inf', 'Infinity'))
    }
  }
  const inOrder = [...scrapes].toSorted(([a], [b]) => a - b).map(([, samples]) => samples)
  // The last one may be on its way.
  return inOrder.slice(0, -1)
}

function samplesOf(families: readonly ParsedFamily[]): Samples {
  const samples = families.flatMap((family) => family.samples)
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => [keyOf(name, labels), value] as const),
  )
}

// To Prometheus an empty label is none, and later ones write `le="1"` as OpenMetrics does.
function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([label, value]) => [label, label === 'le' ? String(Number(value)) : value])
  return `${name}${JSON.stringify(pairs.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)))}`
}
