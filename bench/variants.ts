import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { Counter, Histogram, Registry } from 'prom-client'
import { PrismaClient } from '../prisma/generated/client.ts'
import type { PrismaMetricsOptions } from '../src/index.ts'
import { forwarding } from './forwarding-adapter.ts'
import { prismaMetrics } from './package.ts'
import { timing } from './timing-adapter.ts'

/** A client to measure. */
export interface Variant {
  readonly name: string
  readonly client: PrismaClient
}

/** The variant of which the memory is measured. */
export const bothLayers = 'ours, both layers'

/** Creates the clients to compare, each on its own adapter from `makeAdapter`. */
export function makeVariants(makeAdapter: () => SqlDriverAdapterFactory): [Variant, ...Variant[]] {
  return [
    { name: 'bare client', client: new PrismaClient({ adapter: makeAdapter() }) },
    { name: 'no-op extension', client: withNoOp(makeAdapter()) },
    { name: 'no-op extension, and a wrapper', client: withNoOp(forwarding(makeAdapter())) },
    { name: 'ten-line extension', client: withTenLines(makeAdapter()) },
    { name: 'ten lines per call of the driver, too', client: withTenLinesPerCall(makeAdapter()) },
    { name: 'ours, extension only', client: withOurs(makeAdapter(), { statements: false }) },
    { name: bothLayers, client: withOurs(makeAdapter()) },
    {
      name: 'ours, with longTransaction',
      client: withOurs(makeAdapter(), { longTransaction: { seconds: 5 } }),
    },
    { name: 'ours, with metrics.comments', client: withOurs(makeAdapter(), { comments: true }) },
  ]
}

export function withNoOp(adapter: SqlDriverAdapterFactory): PrismaClient {
  return asClient(
    new PrismaClient({ adapter }).$extends({
      query: { $allOperations: async ({ args, query }) => await query(args) },
    }),
  )
}

/** The usual hand-written extension. */
export function withTenLines(
  adapter: SqlDriverAdapterFactory,
  registry: Registry = new Registry(),
): PrismaClient {
  const registers = [registry]
  const duration = new Histogram({
    name: 'prisma_query_duration_seconds',
    help: 'Duration of Prisma queries',
    labelNames: ['model', 'operation'],
    registers,
  })
  const queries = new Counter({
    name: 'prisma_queries_total',
    help: 'Prisma queries',
    labelNames: ['model', 'operation', 'status'],
    registers,
  })
  return asClient(
    new PrismaClient({ adapter }).$extends({
      query: {
        async $allOperations({ model = '', operation, args, query }) {
          const end = duration.startTimer({ model, operation })
          try {
            const result = await query(args)
            queries.inc({ model, operation, status: 'success' })
            return result
          } catch (error) {
            queries.inc({ model, operation, status: 'error' })
            throw error
          } finally {
            end()
          }
        },
      },
    }),
  )
}

function withTenLinesPerCall(adapter: SqlDriverAdapterFactory): PrismaClient {
  const registry = new Registry()
  return withTenLines(timing(adapter, registry), registry)
}

interface Features extends Pick<PrismaMetricsOptions, 'longTransaction' | 'registry'> {
  /** Default: true. */
  readonly statements?: boolean
  readonly comments?: boolean
}

export function withOurs(
  adapter: SqlDriverAdapterFactory,
  { statements = true, comments = false, ...options }: Features = {},
): PrismaClient {
  const metrics = prismaMetrics({ registry: new Registry(), ...options })
  return asClient(
    new PrismaClient({
      adapter: statements ? metrics.adapter(adapter) : adapter,
      ...(comments && { comments: [metrics.comments] }),
    }).$extends(metrics.extension),
  )
}

/** Extended clients have types of their own; these extensions do not change the operations used here. */
export function asClient(extended: object): PrismaClient {
  return extended as PrismaClient
}
