import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { metricsResponse, prismaMetrics } from '../../../src/index.ts'

/** prom-client once more, as a second version in `node_modules` would be loaded. */
function otherCopy(): { readonly Registry: typeof Registry } {
  const require = createRequire(import.meta.url)
  for (const path of Object.keys(require.cache)) {
    if (path.includes('/prom-client/')) Reflect.deleteProperty(require.cache, path)
  }
  return require('prom-client') as { readonly Registry: typeof Registry }
}

async function warningsOf(registry: Registry, scrapes: number): Promise<string[]> {
  const warnings: string[] = []
  const onWarning = (warning: Error & { detail?: string }): void =>
    void warnings.push(`${warning.message} ${warning.detail}`)
  process.on('warning', onWarning)
  for (let scrape = 0; scrape < scrapes; scrape++) {
    await metricsResponse(new Request('http://x/metrics'), { registry })
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  return warnings
}

function instrument(registry: Registry): void {
  const metrics = prismaMetrics({ registry })
  const adapter = metrics.adapter(new PrismaPg({ connectionString: 'postgres://127.0.0.1:1/none' }))
  new PrismaClient({ adapter }).$extends(metrics.extension)
}

test('warns once if the clients are in the registry of another copy of prom-client', async () => {
  const other = otherCopy()
  expect(other.Registry).not.toBe(Registry)
  const instrumented = new other.Registry()
  expect(await warningsOf(new Registry(), 1)).toEqual([])
  instrument(instrumented)
  const own = new Registry()
  instrument(own)
  expect(await warningsOf(own, 1)).toEqual([])
  expect(await warningsOf(instrumented, 1)).toEqual([])
  expect(await warningsOf(new Registry(), 3)).toEqual([
    expect.stringContaining('npm ls prom-client'),
  ])
})
