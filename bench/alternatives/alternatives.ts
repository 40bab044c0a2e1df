import type * as adapterPg from '@prisma/adapter-pg'
import { createRequire } from 'node:module'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import type { PoolConfig } from 'pg'
import { Registry } from 'prom-client'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { type Samples, samplesOf } from '../samples.ts'
import { bothLayers, withNoOp, withOurs, withTenLines } from '../variants.ts'
import { instrumentPg } from './instrumentation-pg.ts'
import { withPrismaUtils } from './prisma-utils.ts'
import { traceOperations } from './prisma-instrumentation.ts'

export interface Opened {
  readonly client: PrismaClient
  /** The samples of the variant's metrics. */
  readonly samples: () => Promise<Samples>
}

/** Opens a client on a pool of its own. */
export type Open = (config: PoolConfig) => Opened

interface Alternative {
  /** A metric that counts, by its sum, operations or statements. */
  readonly counter?: string
  readonly counts?: 'operations' | 'statements'
  /** Patches this process as the alternative needs it. */
  readonly setUp: () => Promise<Open>
}

const require = createRequire(import.meta.url)

/** Loads the adapter by `require`, and only now: an instrumentation patches `pg` in between. */
function pgAdapter(config: PoolConfig): SqlDriverAdapterFactory {
  const { PrismaPg } = require('@prisma/adapter-pg') as typeof adapterPg
  return new PrismaPg(config)
}

const none: Opened['samples'] = async () => new Map()

/** By name; the first is the bare client, the second the no-op extension. */
export const alternatives: Readonly<Record<string, Alternative>> = {
  'bare client': {
    setUp: async () => (config) => ({
      client: new PrismaClient({ adapter: pgAdapter(config) }),
      samples: none,
    }),
  },
  'no-op extension': {
    setUp: async () => (config) => ({ client: withNoOp(pgAdapter(config)), samples: none }),
  },
  'ten-line extension': {
    counter: 'prisma_queries_total',
    setUp: async () => (config) => {
      const registry = new Registry()
      const client = withTenLines(pgAdapter(config), registry)
      return { client, samples: () => samplesOf(registry) }
    },
  },
  [bothLayers]: {
    counter: 'prisma_operation_duration_seconds_count',
    setUp: async () => (config) => {
      const registry = new Registry()
      const client = withOurs(pgAdapter(config), { registry })
      return { client, samples: () => samplesOf(registry) }
    },
  },
  '@lokalise/prisma-utils': {
    counter: 'prisma_queries_total',
    setUp: async () => {
      const { extended, samples } = await withPrismaUtils()
      return (config) => ({ client: extended(pgAdapter(config)), samples })
    },
  },
  '@opentelemetry/instrumentation-pg, metrics': {
    counter: 'db.client.operation.duration_count',
    counts: 'statements',
    setUp: async () => {
      const samples = instrumentPg()
      return (config) => ({ client: new PrismaClient({ adapter: pgAdapter(config) }), samples })
    },
  },
  '@prisma/instrumentation, metrics of its operation spans': {
    counter: 'prisma_operations_total',
    setUp: async () => {
      const samples = traceOperations([])
      return (config) => ({ client: new PrismaClient({ adapter: pgAdapter(config) }), samples })
    },
  },
  '@prisma/instrumentation, all other spans ignored': {
    counter: 'prisma_operations_total',
    setUp: async () => {
      const samples = traceOperations([/^prisma:client:(?!operation$)/])
      return (config) => ({ client: new PrismaClient({ adapter: pgAdapter(config) }), samples })
    },
  },
}
