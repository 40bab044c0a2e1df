import { Registry } from 'prom-client'
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import type { PrismaMetrics, PrismaMetricsOptions } from '../../src/index.ts'
import { prismaMetrics } from '../package.ts'
import { InstantAdapter } from '../instant-adapter.ts'

/** Runs the operations of one request. */
export type Task = () => Promise<unknown>

type Tags = Pick<PrismaClient, 'tag'>

/** Operations of one request, with different fingerprints; the adapter answers them at once. */
export const operations = 8

async function request({ tag }: Tags): Promise<void> {
  await tag.findFirst({ where: { id: 1 } })
  await tag.findFirst({ where: { name: 'urgent' }, select: { id: true, name: true } })
  await tag.findMany({ where: { id: { in: [1, 2, 3] } }, orderBy: { name: 'asc' }, take: 10 })
  await tag.findMany({ where: { OR: [{ name: 'urgent' }, { id: { gt: 3 } }] } })
  await tag.findUnique({ where: { id: 1 } })
  await tag.findUnique({ where: { name: 'urgent' } })
  await tag.create({ data: { name: 'urgent' } })
  await tag.findFirst({ where: { name: { startsWith: 'u' } } })
}

export function withNoOp(): Task {
  const client = new PrismaClient({ adapter: new InstantAdapter() }).$extends({
    query: { $allOperations: async ({ args, query }) => await query(args) },
  })
  return () => request(client as unknown as Tags)
}

interface Variant {
  readonly handler?: boolean
  readonly scope?: boolean
  readonly nPlusOne?: PrismaMetricsOptions['nPlusOne']
  /** Default: true, as that of the option. */
  readonly eventLoopDelay?: boolean
}

/** Both layers with additional features. */
export function withOurs({
  handler = false,
  scope = false,
  nPlusOne = false,
  eventLoopDelay = true,
}: Variant): Task {
  const metrics: PrismaMetrics<Prisma.TypeMap> = prismaMetrics<Prisma.TypeMap>({
    registry: new Registry(),
    nPlusOne,
    eventLoopDelay,
  })
  const client = new PrismaClient({ adapter: metrics.adapter(new InstantAdapter()) }).$extends(
    metrics.extension,
  ) as unknown as Tags
  let called = 0
  if (handler) {
    metrics.on('Tag', ['findFirst', 'findMany', 'findUnique', 'create'], () => {
      called += 1
    })
  }
  return scope ? () => metrics.scope('GET /tags', () => request(client)) : () => request(client)
}
