import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics, type PrismaMetrics, type PrismaMetricsOptions } from '../../src/index.ts'
import { createDatabase, type TestDatabase } from '../support/database/database.ts'
import { asClient } from '../support/as-client.ts'

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
  /** False: the adapter is not wrapped, as where there is none (Accelerate). */
  readonly statements?: boolean
}

/** An instrumented client with a database, a registry and nothing else around it. */
export async function connect({
  max = 10,
  statements = true,
  ...options
}: Connection = {}): Promise<Connected> {
  const database = await createDatabase()
  const registry = new Registry()
  const errors: unknown[] = []
  const metrics = prismaMetrics<Prisma.TypeMap>({
    registry,
    onError: (error) => errors.push(error),
    ...options,
  })
  const adapter = new PrismaPg({ connectionString: database.url, max })
  const prisma = new PrismaClient({
    adapter: statements ? metrics.adapter(adapter) : adapter,
    // A busy machine shall time out nothing that is not meant to.
    transactionOptions: { maxWait: 30_000, timeout: 30_000 },
  }).$extends(metrics.extension)
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database.drop()
  })
  return { prisma: asClient(prisma), metrics, registry, database, errors }
}

/** A promise and what settles it. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open!: () => void
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}
