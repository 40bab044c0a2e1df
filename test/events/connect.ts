import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics, type PrismaMetrics, type PrismaMetricsOptions } from '../../src/index.ts'
import { createDatabase, type TestDatabase } from '../database/database.ts'

export interface Connected {
  readonly prisma: PrismaClient
  readonly metrics: PrismaMetrics<Prisma.TypeMap>
  readonly registry: Registry
  readonly database: TestDatabase
  /** What `onError` was told. */
  readonly errors: unknown[]
}

interface Connection extends PrismaMetricsOptions {
  /** Connections of the pool. */
  readonly max?: number
}

/** An instrumented client with a database, a registry and nothing else around it. */
export async function connect({ max = 10, ...options }: Connection = {}): Promise<Connected> {
  const database = await createDatabase()
  const registry = new Registry()
  const errors: unknown[] = []
  const metrics = prismaMetrics<Prisma.TypeMap>({
    registry,
    onError: (error) => errors.push(error),
    ...options,
  })
  const prisma = new PrismaClient({
    adapter: metrics.adapter(new PrismaPg({ connectionString: database.url, max })),
    // A busy machine shall time out nothing that is not meant to.
    transactionOptions: { maxWait: 30_000, timeout: 30_000 },
  }).$extends(metrics.extension)
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database.drop()
  })
  return { prisma: prisma as unknown as PrismaClient, metrics, registry, database, errors }
}

/** A promise and what settles it. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open!: () => void
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}
