/**
 * A primary and its workers, each with two copies of the package. Scrapes itself, and sends its
 * parent the bodies and the reported errors.
 */
import cluster, { type Worker } from 'node:cluster'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Histogram, register } from 'prom-client'
import { tsImport } from 'tsx/esm/api'
import * as one from '../../../../src/index.ts'
import { scrape } from '../../../support/scrape.ts'

const another: unknown = await tsImport('../../../../src/index.ts', import.meta.url)
const copies = [one, another as typeof one]

const buckets = (process.env['BUCKETS'] ?? '1,2').split(',').map(Number)
const jobs = new Counter({ name: 'jobs_total', help: 'j' })
const took = new Histogram({ name: 'took', help: 't', buckets })
const errors: string[] = []
const listeners = copies.map(({ exposeMetrics }) =>
  exposeMetrics(undefined, {
    registry: register,
    workers: 'cluster',
    onError: (error) => errors.push(String(error)),
  }),
)

if (cluster.isPrimary) {
  const urls = await Promise.all(listeners.map(serve))
  await start('1,2')
  const bodies = []
  for (const url of [...urls, ...urls]) bodies.push(await scrape(url))
  const errorsBefore = errors.length
  await start('1,5')
  const conflicting = await scrape(urls[0] as string)
  process.send?.({ bodies, errorsBefore, conflicting, errors })
} else {
  jobs.inc(10)
  for (let index = 0; index < 10; index++) took.observe(3)
  process.send?.('ready')
}

function serve(listener: (typeof listeners)[number]): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve(`http://127.0.0.1:${port}/metrics`)
    })
  })
}

function start(workerBuckets: string): Promise<Worker> {
  const worker = cluster.fork({ BUCKETS: workerBuckets })
  return new Promise((resolve) => {
    worker.on('message', (message) => {
      if (message === 'ready') resolve(worker)
    })
  })
}
