/**
 * The example, put together as `example/main.ts` does, with two collectors more: one hangs, one
 * throws. Its parent tells it when to end the traffic, and asks for its heap.
 */
import { Gauge, register } from 'prom-client'
import { createApi } from '../../../../example/api/api.ts'
import { listen } from '../../../../example/listen.ts'
import { connectPrisma } from '../../../../example/prisma.ts'
import { driveTraffic } from '../../../../example/traffic/drive-traffic.ts'
import { exposeMetrics } from '../../../../src/index.ts'
import { heapInUse } from '../../../support/heap.ts'

export type Command = 'heap' | 'end traffic'

const rejections: string[] = []
process.on('unhandledRejection', (reason) => rejections.push(String(reason)))

const registers: [] = []
const hang = (): Promise<never> => new Promise(() => {})
register.registerMetric(new Gauge({ name: 'hanging', help: 'Hangs.', registers, collect: hang }))
const fail = (): never => {
  throw new Error('of the collector')
}
register.registerMetric(new Gauge({ name: 'throwing', help: 'Throws.', registers, collect: fail }))

const { prisma } = connectPrisma(process.env['DATABASE_URL'] ?? '')
const api = createApi(prisma)
const onError = (): void => {}
const service = await listen(exposeMetrics(api, { route: api.routeOf, onError }))
const traffic = driveTraffic(service.url)

process.on('message', async (command: Command) => {
  if (command === 'end traffic') await traffic[Symbol.asyncDispose]()
  const heap = (await heapInUse()) + process.memoryUsage().arrayBuffers
  process.send?.({ heap, rejections })
})
process.send?.({ url: service.url })
