/** Two workers export to a receiver; the primary sends a scrape of both to its parent. */
import cluster, { type Worker } from 'node:cluster'
import { on, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Registry } from 'prom-client'
import { exposeMetrics, prismaMetrics } from '../../../src/index.ts'
import { exportTo } from '../exporting.ts'

const [url = '', temporality] = process.argv.slice(2)
const registry = new Registry()
const scrape = exposeMetrics(undefined, { registry, workers: 'cluster' })

if (cluster.isPrimary) {
  const workers = [3, 5].map((scopes) => cluster.fork({ SCOPES: String(scopes) }))
  await Promise.all(workers.map(done))
  const server = createServer(scrape).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  process.send?.(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
} else {
  const metrics = prismaMetrics({ registry })
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] })
  const { flush } = exportTo(
    { url },
    {
      registry,
      instance: String(process.pid),
      temporality: temporality === 'delta' ? 'delta' : 'cumulative',
      timeout: 20_000,
    },
  )
  const scopes = Number(process.env['SCOPES'])
  for (let scope = 1; scope <= scopes; scope++) {
    await metrics.scope('job', async () => jobs.inc())
    if (scope === 1 || scope === scopes) await flush({ timeoutSeconds: 20 })
  }
  process.send?.('done')
}

/** Resolves when the worker has done its scopes. Other messages are those of the package. */
async function done(worker: Worker): Promise<void> {
  for await (const [message] of on(worker, 'message')) if (message === 'done') return
}
