import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { liveResponse, prismaMetrics } from '../../src/index.ts'
import type { HistogramForm } from '../../src/metrics/histogram.ts'

/** The page as text, after scopes with the same durations. */
async function pageWith(histograms: HistogramForm): Promise<string> {
  const registry = new Registry()
  prismaMetrics({ registry, histograms })
  const page = (): Promise<Response> =>
    liveResponse(
      new Request('http://localhost/metrics/live', { headers: { accept: 'text/plain' } }),
      { registry },
    )
  await page()
  const family = registry.getSingleMetric('prisma_scope_duration_seconds') as unknown as {
    with(labels: readonly string[]): { observe(value: number): void }
  }
  for (const seconds of [0.02, 0.02, 0.3]) family.with(['default', 'job', 'ok']).observe(seconds)
  return (await page()).text()
}

test('shows scopes of native histograms as it shows those of classic ones', async () => {
  const scopesIn = async (form: HistogramForm): Promise<string[]> =>
    (await pageWith(form)).split('\n').filter((line) => /\bjob\b/.test(line))
  const classic = await scopesIn('classic')
  expect(classic.length).toBeGreaterThan(0)
  expect(await scopesIn('native')).toEqual(classic)
  expect(await scopesIn('both')).toEqual(classic)
})
