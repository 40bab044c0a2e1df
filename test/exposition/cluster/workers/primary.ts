/**
 * A primary and its workers, all under exposeMetrics. Tells its parent where they listen: when all
 * of them do, and again for each that takes the place of another.
 */
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exposeMetrics } from '../../../../src/index.ts'
import { application, registry, setLevels } from './application.ts'

const options = {
  registry,
  workers: 'cluster',
  timeoutSeconds: Number(process.env['TIMEOUT_SECONDS'] ?? 10),
  maxInFlight: Number(process.env['MAX_IN_FLIGHT'] ?? Infinity),
  ...(process.env['REPORTS'] === 'yes' && {
    onError: (error: unknown) => process.send?.({ error: String(error) }),
  }),
} as const
const isServing = process.env['PRIMARY_SERVES'] !== 'no'

if (cluster.isPrimary) {
  setLevels(1)
  let ready = 0
  const total = Number(process.env['WORKERS'])
  const ports: Record<string, number> = {}
  const tell = (): void => {
    if (ready >= total && (!isServing || 'primary' in ports)) process.send?.(ports)
  }
  if (isServing) {
    const server = createServer(exposeMetrics(undefined, options))
    server.listen(0, '127.0.0.1', () => {
      ports['primary'] = (server.address() as AddressInfo).port
      tell()
    })
  }
  if (process.env['PRIMARY_FAILS'] === 'yes') {
    registry.getMetricsAsArray = () => {
      throw new Error('unreadable')
    }
  }
  cluster.on('listening', (_worker, { port }) => {
    ports['workers'] = port
    ready += 1
    tell()
  })
  let level = 10
  const fork = (): void => {
    level += 10
    cluster.fork({ LEVEL: String(level) })
  }
  cluster.on('exit', fork)
  for (let worker = 0; worker < total; worker++) fork()
} else {
  setLevels(Number(process.env['LEVEL']))
  const server = createServer(exposeMetrics(application, { ...options, onError: () => {} }))
  // The workers share the port that the first of them got.
  server.listen(0, '127.0.0.1')
}
