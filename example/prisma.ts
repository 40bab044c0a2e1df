import { PrismaPg } from '@prisma/adapter-pg'
import { type Prisma as P, PrismaClient } from '../prisma/generated/client.ts'
import { prismaMetrics } from '../src/index.ts'
import { measureBusiness } from './business/business.ts'
import { migrationsDirectory } from './database/apply-migrations.ts'
import { detail } from './detail.ts'

export const metrics = prismaMetrics<P.TypeMap>({
  detail,
  migrations: { directory: migrationsDirectory },
  slowOperation: { seconds: 0.25 },
})

export type Metrics = typeof metrics

/** The client of the application, with its metrics. */
export type Prisma = ReturnType<typeof createClient>

function createClient(connectionString: string) {
  return new PrismaClient({
    adapter: metrics.adapter(new PrismaPg({ connectionString, max: 10 })),
  }).$extends(metrics.extension)
}

export interface Connection {
  readonly prisma: Prisma
  [Symbol.asyncDispose](): Promise<void>
}

export function connectPrisma(connectionString: string): Connection {
  const prisma = createClient(connectionString)
  measureBusiness(metrics, prisma)
  return { prisma, [Symbol.asyncDispose]: () => prisma.$disconnect() }
}
