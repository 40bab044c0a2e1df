import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
} from '../../../src/metrics/catalogue.ts'
import { exposeMetrics } from '../../../src/index.ts'
import { HistogramFamily } from '../../../src/metrics/histogram.ts'
import { getOrRegister } from '../../../src/metrics/register.ts'
import { findTool } from '../../monitoring/tools.ts'
import { comparable, expectedFamilies } from '../format/expected.ts'
import { build, model } from '../format/model.ts'
import { complaints, type Series, startPrometheus } from './prometheus.ts'
import type { ParsedFamily, ParsedSample } from '../format/python-parsers.ts'
import { scrape } from '../../support/scrape.ts'
import { serve } from '../../support/serve.ts'

const prometheus = findTool('prometheus')
const promtool = findTool('promtool')

/** A registry of hostile strings and numbers. Prometheus itself adds `instance` and `job`. */
function hostileModel(): Parameters<typeof build>[0] {
  const { families } = fc
    .sample(model, { seed: 20, numRuns: 40 })
    .toSorted((a, b) => b.families.length - a.families.length)[0] as Parameters<typeof build>[0]
  return { families, defaultLabels: { zone: 'a"\\\n{}' } }
}

test(
  'exposes every series to Prometheus in both formats without an error',
  {
    timeout: 60_000,
  },
  async ({ skip }) => {
    skip(prometheus === undefined, 'no prometheus')
    const given = hostileModel()
    const registry = build(given)
    registry.registerMetric(traced() as never)
    const metrics = exposeMetrics((_req, res) => res.end('ok'), {
      registry,
      collectDefaultMetrics: true,
    })
    const formats = ['text', 'openmetrics'] as const
    const accepted = { text: 'text/plain;version=0.0.4', openmetrics: undefined }
    const seen = new Map<string, string>()
    await using served = await serve((req, res) => {
      // This Prometheus cannot be told to ask for text.
      const format = formats.find((name) => req.url === `/${name}`)
      if (format !== undefined) {
        req.url = '/metrics'
        req.headers.accept = accepted[format] ?? req.headers.accept ?? ''
        res.once('finish', () => seen.set(format, String(res.getHeader('content-type'))))
      }
      metrics(req, res)
    })
    const targets = Object.fromEntries(formats.map((name) => [name, `${served.url}/${name}`]))
    await using running = await startPrometheus(prometheus ?? '', targets)
    const { query } = running
    await expect
      .poll(async () => (await query('count_over_time(up{job!="itself"}[1m]) >= 3')).length, {
        timeout: 30_000,
      })
      .toBe(2)

    expect(seen.get('text')).toContain('text/plain; version=0.0.4')
    expect(seen.get('openmetrics')).toContain('application/openmetrics-text; version=1.0.0')
    const ups = await query('min_over_time(up{job!="itself"}[1m])')
    expect(ups.map(({ value }) => value[1])).toEqual(['1', '1'])
    expect(await query(complaints)).toEqual([])

    for (const format of formats) {
      const accept = accepted[format] ?? 'application/openmetrics-text;version=1.0.0'
      const body = await scrape(`${served.url}/metrics`, { accept })
      const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      const [scraped] = await query(`scrape_samples_scraped{job="${format}"}`)
      const [kept] = await query(`scrape_samples_post_metric_relabeling{job="${format}"}`)
      // What is there in the one scrape more, by its own metrics, is not in the other yet.
      expect(Math.abs(Number(scraped?.value[1]) - lines.length)).toBeLessThanOrEqual(20)
      expect(kept?.value[1]).toBe(scraped?.value[1])

      const found: ParsedFamily[] = []
      for (const family of expectedFamilies(given, format)) {
        const names = [...new Set(family.samples.map(({ name }) => name))]
        const samples: ParsedSample[] = []
        for (const name of names) {
          // The Python parser renames these; Prometheus does not.
          const metric =
            format === 'text' ? name.replace(/^(family_\d)_total$/, actualName(given)) : name
          const ingested = await query(`{__name__="${metric}",job="${format}"}`)
          for (const series of ingested) samples.push(sampleOf(series, name))
        }
        found.push({ ...family, samples })
      }
      expect(comparable(found)).toEqual(
        comparable(withoutEmptyLabels(expectedFamilies(given, format))),
      )
    }

    const exemplars = await running.get<{ exemplars: { labels: Record<string, string> }[] }[]>(
      'query_exemplars',
      {
        query: 'traced_bucket{job="openmetrics"}',
        start: String(Date.now() / 1000 - 600),
        end: String(Date.now() / 1000),
      },
    )
    expect(exemplars.map((found) => found.exemplars.map(({ labels }) => labels))).toEqual([
      [{ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' }],
    ])
  },
)

/** A histogram of ours whose observation just now has a trace. */
function traced(): HistogramFamily {
  const declared = { name: 'traced', type: 'histogram', help: 't', labelNames: [] } as const
  const family = new HistogramFamily({ ...declared, aggregator: 'sum' }, [1])
  const series = family.with([])
  series.exemplars = []
  series.exemplars[series.observe(0.5)] = {
    labelSet: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' },
    value: 0.5,
    timestamp: Date.now() / 1000,
  }
  // Prometheus drops a target whose exemplar contains a NUL, so this one must be left out.
  const withNul = { labelSet: { trace_id: 'a\0b' }, value: 5, timestamp: Date.now() / 1000 }
  series.exemplars[series.observe(5)] = withNul
  return family
}

/** The name that the text parser's `…_total` stands for. */
function actualName({ families }: Parameters<typeof build>[0]) {
  return (name: string): string =>
    families.some((family) => family.name === name) ? name : name.replace('_total', '')
}

function sampleOf({ metric, value }: Series, name: string): ParsedSample {
  const { __name__: _, job: __, instance: ___, ...labels } = metric
  return { name, labels, value: Number(value[1].replace('Inf', 'Infinity')), exemplar: undefined }
}

/** To Prometheus, a label that is empty is none. It keeps exemplars elsewhere. */
function withoutEmptyLabels(families: readonly ParsedFamily[]): ParsedFamily[] {
  return families.map((family) => ({
    ...family,
    samples: family.samples.map((sample) => ({
      ...sample,
      labels: Object.fromEntries(Object.entries(sample.labels).filter(([, value]) => value !== '')),
      exemplar: undefined,
    })),
  }))
}

test('passes promtool check for every metric of the catalogue', async ({ skip }) => {
  skip(promtool === undefined, 'no promtool')
  const registry = new Registry()
  const options = { prefix: 'prisma_' }
  for (const declaration of Object.values({
    ...clientCatalogue,
    ...expositionCatalogue,
    ...httpCatalogue,
  })) {
    const family = getOrRegister(registry, declaration, options)
    family.with(declaration.labels.map((label) => `a ${label}`))
  }
  await using served = await serve(exposeMetrics(undefined, { registry }))
  const body = await scrape(`${served.url}/metrics`)
  expect(body).toContain('prisma_operation_duration_seconds_bucket')
  const { stdout, stderr, status } = spawnSync(promtool ?? '', ['check', 'metrics'], {
    input: body,
    encoding: 'utf8',
  })
  expect([status, stdout, stderr]).toEqual([0, '', ''])
})
