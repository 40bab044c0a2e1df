import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { applyMigrations } from '../../example/database/apply-migrations.ts'
import { startEmbeddedPostgres } from '../../example/database/embedded-postgres.ts'
import { listen } from '../../example/listen.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { exposeMetrics, prismaMetrics } from '../../src/index.ts'
import type { Histogram } from '../../src/metrics/histogram.ts'
import { isFamily } from '../../src/metrics/metric-family.ts'
import { populate } from '../operations.ts'

const operationsOfModel = ['findMany', 'findUnique', 'create', 'update']

export interface ServiceSize {
  readonly models: number
  readonly scopes: number
}

export interface LiveService extends AsyncDisposable {
  readonly url: string
  readonly prisma: PrismaClient
  /** Adds an observation to every series of models and scopes. */
  observe(): void
}

/** A service with the live page, and the series of that many models and scopes. */
export async function startLiveService({ models, scopes }: ServiceSize): Promise<LiveService> {
  const allScopes = (...more: readonly string[]): string[][] =>
    Array.from({ length: scopes }, (_, scope) => ['default', `GET /route-${scope}`, ...more])
  const database = await startEmbeddedPostgres()
  await applyMigrations(database.url)
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const adapter = metrics.adapter(new PrismaPg({ connectionString: database.url }))
  const prisma = metrics.instrument(new PrismaClient({ adapter }))
  await populate(prisma)
  const series = [
    ...seriesOf(
      registry,
      'prisma_operation_duration_seconds',
      Array.from({ length: models }, (_, model) =>
        operationsOfModel.map((operation) => ['default', `Model${model}`, operation]),
      ).flat(),
    ),
    ...['prisma_scope_operations', 'prisma_scope_database_seconds'].flatMap((name) =>
      seriesOf(registry, name, allScopes()),
    ),
    ...seriesOf(registry, 'prisma_scope_duration_seconds', allScopes('ok')),
  ]
  process.env['PORT'] = '0'
  const service = await listen(exposeMetrics(undefined, { registry, live: true }))
  return {
    url: service.url,
    prisma,
    observe() {
      for (const one of series) one.observe(Math.random())
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await prisma.$disconnect()
      await database[Symbol.asyncDispose]()
    },
  }
}

function seriesOf(
  registry: Registry,
  name: string,
  labelValues: readonly (readonly string[])[],
): Histogram[] {
  const family: unknown = registry.getSingleMetric(name)
  if (!isFamily(family)) throw new Error(`${name}: expected a metric of the catalogue`)
  return labelValues.map((values) => family.with(values) as Histogram)
}
