import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { dashboardTemplates } from '../../../src/cli/dashboard-templates.ts'
import { keyOfLabels } from '../../../src/exposition/collect/metric-family.ts'
import { exposeMetrics } from '../../../src/index.ts'
import {
  bucketBounds,
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
} from '../../../src/metrics/catalogue.ts'
import type { Counter } from '../../../src/metrics/counter.ts'
import type { Histogram, HistogramForm } from '../../../src/metrics/histogram.ts'
import type { Family, Series as FamilySeries } from '../../../src/metrics/metric-family.ts'
import { nativeBound } from '../../../src/metrics/histograms/native-buckets.ts'
import { getOrRegister } from '../../../src/metrics/register.ts'
import { dashboardFor } from '../../../src/monitoring/dashboards.ts'
import { alertRuleFile, recordingRuleFile } from '../../../src/monitoring/rule-files.ts'
import { defaultSettings, type MonitoringSettings } from '../../../src/monitoring/settings.ts'
import { fillVariables } from '../../monitoring/promql.ts'
import { findTool } from '../../monitoring/tools.ts'
import { serve, type Served } from '../../support/serve.ts'
import { complaints, type Prometheus, type Series, startPrometheus } from './prometheus.ts'

const program = findTool('prometheus')

const declarations = [clientCatalogue, expositionCatalogue, httpCatalogue].flatMap(
  (catalogue): MetricDeclaration[] => Object.values(catalogue),
)

/** Two values of each label. Those of `outcome`, `scope` and `state` select series in rules. */
const labelValues: Readonly<Record<string, readonly [string, string]>> = {
  client: ['default', 'default'],
  outcome: ['commit', 'rollback'],
  scope: ['GET /orders', 'nightly'],
  state: ['busy', 'idle'],
  code: ['P2002', 'P2024'],
  http_response_status_code: ['200', '500'],
}

/** Durations from 1 ms to 1 s, and whole numbers, the same in every run. */
function observationsOf({ buckets }: MetricDeclaration, series: number): number[] {
  return Array.from({ length: 400 }, (_, index) => {
    const position = ((index * 7919 + series * 101) % 400) / 400
    const value = 0.001 * 1000 ** (position ** 1.5)
    return buckets === 'rows' || buckets === 'operations' ? Math.floor(value * 40) : value
  })
}

/** Every metric of the catalogues with two series, as prefix and form have them. */
function catalogueIn(form: HistogramForm, prefix: string): Registry {
  const registry = new Registry()
  for (const declaration of declarations) {
    const options = { prefix, durationBuckets: bucketBounds.duration, histograms: form }
    const family: Family<FamilySeries> = getOrRegister(registry, declaration, options)
    for (const at of [0, 1] as const) {
      const values = declaration.labels.map((label) => labelValues[label]?.[at] ?? `${label}${at}`)
      // Without a label besides `client` there is one series.
      if (at === 1 && declaration.labels.every((label) => label === 'client')) continue
      const series = family.with(values)
      if (declaration.type !== 'histogram') (series as Counter).value = 3 + at
      else for (const value of observationsOf(declaration, at)) (series as Histogram).observe(value)
    }
  }
  return registry
}

const settings: Readonly<Record<'classic' | 'native', MonitoringSettings>> = {
  classic: { ...defaultSettings, prefix: 'classic_', histograms: 'classic' },
  native: { ...defaultSettings, prefix: 'native_', histograms: 'native' },
}

interface Expression {
  readonly place: string
  readonly expr: string
}

/** The expressions of all rules, alerts and dashboards, in one order for both forms. */
async function expressionsIn(form: 'classic' | 'native'): Promise<Expression[]> {
  const found: Expression[] = []
  const collect = (value: unknown, place: string): void => {
    if (Array.isArray(value)) for (const item of value) collect(item, place)
    else if (typeof value === 'object' && value !== null) {
      const { record, alert, title } = value as Record<string, unknown>
      const here = [place, record ?? alert ?? title].filter(Boolean).join(' / ')
      for (const [key, entry] of Object.entries(value)) {
        if (key === 'expr') found.push({ place: here, expr: fillVariables(String(entry)) })
        else collect(entry, here)
      }
    }
  }
  collect(recordingRuleFile(settings[form]), 'rule')
  collect(alertRuleFile(settings[form]), 'alert')
  for (const [name, template] of Object.entries(await dashboardTemplates())) {
    collect(dashboardFor(template, settings[form]), name)
  }
  return found
}

describe.skipIf(program === undefined)('a Prometheus that stores native histograms', () => {
  let running: Prometheus
  const served: Served[] = []
  const contentTypes = new Map<string, string>()

  beforeAll(async () => {
    const registries = {
      classic: catalogueIn('classic', 'classic_'),
      native: catalogueIn('native', 'native_'),
      both: catalogueIn('both', 'both_'),
    }
    const targets: Record<string, string> = {}
    for (const [job, registry] of Object.entries(registries)) {
      const metrics = exposeMetrics(undefined, { registry, prefix: `endpoint_${job}_` })
      const server = await serve((req, res) => {
        res.once('finish', () => contentTypes.set(job, String(res.getHeader('content-type'))))
        metrics(req, res)
      })
      served.push(server)
      targets[job] = `${server.url}/metrics`
    }
    running = await startPrometheus(program ?? '', targets, 'native-histograms', '3s')
    await vi.waitUntil(
      async () => (await running.query('sum_over_time(up[1m]) >= 2')).length === 4,
      { timeout: 30_000, interval: 200 },
    )
  }, 60_000)

  afterAll(async () => {
    await running?.[Symbol.asyncDispose]()
    for (const server of served) await server[Symbol.asyncDispose]()
  })

  test('reads every scrape without a complaint, over protobuf if there are native ones', async () => {
    expect(contentTypes.get('classic')).toContain('application/openmetrics-text')
    for (const job of ['native', 'both']) {
      expect(contentTypes.get(job)).toContain('application/vnd.google.protobuf')
    }
    expect((await running.query('up == 1')).length).toBe(4)
    expect(await running.query(complaints)).toEqual([])
  })

  test.for(['native', 'both'] as const)('stores the recorded buckets with %s', async (form) => {
    let compared = 0
    for (const declaration of declarations.filter(({ type }) => type === 'histogram')) {
      const name = declaration.name.replace(/^prisma_/, `${form}_`)
      const found = await running.query(`${name}{job="${form}"}`)
      const isAlone = declaration.labels.every((label) => label === 'client')
      expect(found.length, name).toBe(isAlone ? 1 : 2)
      for (const { metric, histogram } of found) {
        const at = declaration.labels.some(
          (label) =>
            metric[label] === (labelValues[label]?.[1] ?? `${label}1`) && label !== 'client',
        )
        const values = observationsOf(declaration, at ? 1 : 0)
        const { count, sum, buckets = [] } = histogram?.[1] ?? { count: '', sum: '' }
        expect([Number(count), Number(sum)]).toEqual([
          values.length,
          values.reduce((all, value) => all + value, 0),
        ])
        for (const [, lower, upper, inBucket] of buckets) {
          const [from, to] = [Number(lower), Number(upper)]
          const isZero = from <= 0
          const inside = values.filter((value) =>
            isZero ? value === 0 : value > from && value <= to,
          )
          expect(inside.length, `${name} ${lower} ${upper}`).toBe(Number(inBucket))
        }
        const stored = buckets.reduce((all, [, , , each]) => all + Number(each), 0)
        expect(stored, name).toBe(values.length)
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(20)
  })

  test('has bounds that equal those of the client to the last digit', async () => {
    const [found] = await running.query('native_operation_duration_seconds{model="model0"}')
    for (const [, , upper] of found?.histogram?.[1].buckets ?? []) {
      const index = Math.round(Math.log2(Number(upper)) * 16)
      expect(Number(upper)).toBe(nativeBound(4, index))
    }
  })

  test('returns quantiles within 5 % of those of the observations', async () => {
    const values = observationsOf(clientCatalogue.operationDuration, 0).toSorted((a, b) => a - b)
    for (const q of [0.1, 0.5, 0.9, 0.99]) {
      const selector = 'native_operation_duration_seconds{model="model0"}'
      const [found] = await running.query(`histogram_quantile(${q}, ${selector})`)
      const exact = values[Math.ceil(q * values.length) - 1] as number
      expect(Math.abs(Number(found?.value[1]) / exact - 1)).toBeLessThan(0.05)
    }
  })

  test('stores less than a sixth of the series of the classic form', async () => {
    const histograms = declarations.filter(({ type }) => type === 'histogram')
    const names = histograms.map(({ name }) => name.replace(/^prisma_/, '')).join('|')
    const count = async (form: string): Promise<number> => {
      const pattern = `(${form}_)?(${names})(_bucket|_sum|_count)?`
      const [found] = await running.query(`count({job="${form}",__name__=~"${pattern}"})`)
      return Number(found?.value[1])
    }
    expect((await count('native')) * 6).toBeLessThan(await count('classic'))
  })

  test('answers every rule, alert and panel as it does in the classic form', async () => {
    const [classic, native] = [await expressionsIn('classic'), await expressionsIn('native')]
    expect(native.length).toBe(classic.length)
    const isHistogram = /histogram_(?:quantile|count|sum|fraction)\(/
    const differences: string[] = []
    let compared = 0
    for (const [index, { place, expr }] of native.entries()) {
      const before = classic[index]?.expr ?? ''
      const [found, expected] = [await running.query(expr), await running.query(before)]
      if (!isHistogram.test(expr) || !/native_|http_server/.test(expr)) continue
      expect(expr, place).not.toMatch(/_bucket|\ble\b/)
      const [got, wanted] = [byLabels(found), byLabels(expected)]
      if (wanted.size > 0) compared += 1
      // A quantile differs by the width of a classic bucket, a share by that of a native one.
      const tolerance = expr.includes('quantile(') ? 1.5 : expr.includes('fraction(') ? 0.06 : 1e-9
      for (const key of new Set([...got.keys(), ...wanted.keys()])) {
        const [a = Number.NaN, b = Number.NaN] = [got.get(key), wanted.get(key)]
        const isClose = Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b))
        if (!isClose) differences.push(`${place} ${key}: native ${a}, classic ${b}\n${expr}`)
      }
    }
    expect(differences).toEqual([])
    expect(compared).toBeGreaterThan(30)
  }, 60_000)
})

/** The finite values by labels, without the job, which differs. */
function byLabels(series: readonly Series[]): Map<string, number> {
  const values = series.map(({ metric, value }): [string, number] => {
    const { job: _, instance: __, ...labels } = metric
    return [keyOfLabels(labels), Number(value?.[1])]
  })
  return new Map(values.filter(([, value]) => Number.isFinite(value)))
}
