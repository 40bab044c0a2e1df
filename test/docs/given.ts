/**
 * The application that the pages speak of: what a snippet uses without showing it again stands
 * here, and the snippet names it in its directive (see CONTRIBUTING.md).
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
  // What a snippet leaves open does not keep its process up.
  adapter: metrics.adapter(new PrismaPg({ connectionString, allowExitOnIdle: true })),
}).$extends(metrics.extension)

/** The reader's own request handler. */
export const app: RequestListener = (_request, response) => {
  response.end('hello\n')
}
