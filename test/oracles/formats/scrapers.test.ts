import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricsResponse } from '../../../src/index.ts'
import { expectedFamilies } from '../../exposition/format/expected.ts'
import { build, type Model, model } from '../../exposition/format/model.ts'
import { findTool } from '../../monitoring/tools.ts'
import { serve } from '../../support/serve.ts'
import { startScraper } from './scrapers.ts'
import { found, stored } from './stored.ts'

const formats = ['text', 'openmetrics'] as const
type Format = (typeof formats)[number]
const accepts = {
  text: 'text/plain;version=0.0.4',
  openmetrics: 'application/openmetrics-text;version=1.0.0',
} as const

// A registry per target. Labels that scrapers add or that a NUL ends are not the format's to decide.
const models: readonly Model[] = fc
  .sample(model, { numRuns: 40, seed: 4 })
  .map(({ families }, index) => ({ families, defaultLabels: { zone: `${index}"\\\n{}` } }))

async function bodyOf(given: Model, format: Format): Promise<Response> {
  const names = given.families.map(({ name }) => `name[]=${name}`).join('&')
  const url = `http://127.0.0.1/metrics?${names}`
  return metricsResponse(new Request(url, { headers: { accept: accepts[format] } }), {
    registry: build(given),
  })
}

function expected(given: Model, format: Format): Map<string, number> {
  const families = expectedFamilies(given, format)
  return stored(
    families.flatMap((family, index) => {
      const { name, type } = given.families[index] as Model['families'][number]
      // The Python client appends `_total` to a counter of the text format; scrapers do not.
      const renamed = type === 'counter' && format === 'text'
      return family.samples.map((sample) => (renamed ? { ...sample, name } : sample))
    }),
  )
}

test.for(['prometheus', 'victoria-metrics'] as const)(
  'stores every sample that was recorded: %s',
  { timeout: 120_000 },
  async (name, { skip }) => {
    const program = findTool(name)
    skip(program === undefined, `no ${name}`)
    await using served = await serve((req, res) => {
      const [, format, index] = (req.url ?? '').split('/')
      void bodyOf(models[Number(index)] as Model, format as Format).then(async (response) => {
        res.setHeader('content-type', response.headers.get('content-type') ?? '')
        res.end(await response.text())
      })
    })
    const targets = Object.fromEntries(
      formats.flatMap((format) =>
        models.map((_, index) => [`${format}-${index}`, `${served.url}/${format}/${index}`]),
      ),
    )
    await using scraper = await startScraper(name, program ?? '', targets)
    await expect
      .poll(async () => (await scraper.query('up == 1')).length, { timeout: 60_000 })
      .toBe(models.length * formats.length)
    let samples = 0
    for (const format of formats) {
      for (const [index, given] of models.entries()) {
        const want = expected(given, format)
        const series = await scraper.query(`{job="${format}-${index}"}`)
        // VictoriaMetrics keeps decimal digits, fewer than a double has, and no subnormal numbers.
        const near = name === 'victoria-metrics' ? want : undefined
        expect(found(series, near), `${format}, registry ${index}`).toEqual(want)
        samples += want.size
      }
    }
    console.log(`formats: ${name}: ${models.length} registries, ${samples} samples tried, 0 failed`)
    expect(samples).toBeGreaterThan(500)
  },
)

test('passes promtool check metrics', { timeout: 60_000 }, async ({ skip }) => {
  const promtool = findTool('promtool')
  skip(promtool === undefined, 'no promtool')
  for (const given of models) {
    const input = await (await bodyOf(given, 'text')).text()
    const { stderr } = spawnSync(promtool ?? '', ['check', 'metrics'], { input })
    // It also reports names that break conventions, which are not errors of the format.
    const errors = stderr
      .toString()
      .split('\n')
      .filter((line) => /error/i.test(line))
    expect(errors).toEqual([])
  }
  console.log(`formats: promtool check metrics: ${models.length} registries tried, 0 failed`)
})
