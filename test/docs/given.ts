/**
 * The application that the pages assume. A snippet uses these names without declaring them, if its
 * directive lists them (see CONTRIBUTING.md).
 */
import type { RequestListener } from 'node:http'
import { PrismaPg } from '@prisma/adapter-pg'
import { register } from 'prom-client'
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'

export { type Prisma, PrismaClient, PrismaPg }

export const connectionString = process.env['DATABASE_URL'] ?? 'postgresql://localhost:5432/app'

export const registry = register

export const metrics = prismaMetrics<Prisma.TypeMap>()

export const prisma = new PrismaClient({
  // Connections that a snippet leaves open do not keep its process alive.
  adapter: metrics.adapter(new PrismaPg({ connectionString, allowExitOnIdle: true })),
}).$extends(metrics.extension)

/** The reader's own request handler. */
export const app: RequestListener = (_request, response) => {
  response.end('hello\n')
}
