import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../prisma/generated/client.ts'
import { prismaMetrics } from '../src/index.ts'
import { migrationsDirectory } from './database/apply-migrations.ts'

const metrics = prismaMetrics({ migrations: { directory: migrationsDirectory } })

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
  return { prisma, [Symbol.asyncDispose]: () => prisma.$disconnect() }
}
