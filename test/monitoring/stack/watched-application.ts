import { PrismaPg } from '@prisma/adapter-pg'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { createApi } from '../../../example/api/api.ts'
import { migrationsDirectory } from '../../../example/database/apply-migrations.ts'
import { listen, type Service } from '../../../example/listen.ts'
import { driveTraffic } from '../../../example/traffic/drive-traffic.ts'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { exposeMetrics, prismaMetrics, type PrismaMetricsOptions } from '../../../src/index.ts'
import { faultRoutes, startFaults } from './faults.ts'

export type Client = ReturnType<typeof connect>

interface PoolSize {
  readonly max: number
  /** Milliseconds that a caller waits for a connection. */
  readonly patience?: number
  readonly schema?: string
}

/** A client of the application, instrumented, with a pool that is small enough to be exhausted. */
function connect(
  registry: Registry,
  url: string,
  { max, patience = 5000, schema }: PoolSize,
  options: PrismaMetricsOptions,
) {
  const metrics = prismaMetrics({ registry, onError: () => undefined, ...options })
  const pool = { connectionString: url, max, connectionTimeoutMillis: patience }
  const prisma = new PrismaClient({
    adapter: metrics.adapter(new PrismaPg(pool, schema === undefined ? {} : { schema })),
  }).$extends(metrics.extension)
  return { prisma, metrics }
}

export interface WatchedApplication {
  /** Host and port of the application, of a second one that goes down, and of a batch process. */
  readonly targets: readonly [string, string, string]
  /** Takes the second endpoint away. */
  stopSecond(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The example with its traffic, and every fault the alerts speak of but the database's end. */
export async function startWatchedApplication(url: string): Promise<WatchedApplication> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const shop = connect(
    registry,
    url,
    { max: 10 },
    {
      migrations: { directory: migrationsDirectory, refreshSeconds: 1 },
      slowOperation: { seconds: 0.1 },
      nPlusOne: { threshold: 10 },
      legacyMetrics: { expose: true },
    },
  )
  // The batch process: clients that get in each other's way, and in their own.
  const batchRegistry = new Registry()
  const batch = connect(batchRegistry, url, { max: 2, patience: 800 }, { client: 'batch' })
  const locking = connect(batchRegistry, url, { max: 4 }, { client: 'locking' })
  // More models than its metrics may have series.
  const crowded = connect(batchRegistry, url, { max: 2 }, { client: 'crowded', maxSeries: 2 })
  // A schema that is not there, migrations that cannot be read.
  const broken = connect(
    batchRegistry,
    url,
    { max: 2, schema: 'nowhere' },
    {
      client: 'broken',
      migrations: { directory: `${migrationsDirectory}/none`, refreshSeconds: 1 },
    },
  )
  registry.registerMetric(
    new Gauge({
      name: 'shop_queue_length',
      help: 'Its reader always fails.',
      registers: [],
      collect() {
        throw new Error('the queue does not answer')
      },
    }),
  )

  process.env['PORT'] = '0'
  const api = createApi(shop.prisma)
  const faulty = faultRoutes(shop.prisma)
  const application = await listen(
    exposeMetrics((request, response) => faulty(request, response) || api(request, response), {
      registry,
      route: ({ url: path = '/' }) => routeOf(path),
      onError: () => undefined,
    }),
  )
  const second: Service = await listen(
    exposeMetrics(undefined, { registry, onError: () => undefined }),
  )
  const batchProcess = await listen(
    exposeMetrics(undefined, { registry: batchRegistry, onError: () => undefined }),
  )
  const traffic = driveTraffic(application.url)
  const faults = startFaults({ shop, batch, locking, broken, crowded }, application.url)
  let secondRuns = true
  async function stopSecond(): Promise<void> {
    if (secondRuns) await second[Symbol.asyncDispose]()
    secondRuns = false
  }
  return {
    targets: [application, second, batchProcess].map(
      ({ url: address }) => new URL(address).host,
    ) as [string, string, string],
    stopSecond,
    async [Symbol.asyncDispose]() {
      await faults[Symbol.asyncDispose]()
      await traffic[Symbol.asyncDispose]()
      await stopSecond()
      await application[Symbol.asyncDispose]()
      await batchProcess[Symbol.asyncDispose]()
      for (const { prisma } of [shop, batch, locking, broken, crowded]) await prisma.$disconnect()
    },
  }
}

/** The example has no framework that would know its templates. */
function routeOf(path: string): string {
  const { pathname } = new URL(path, 'http://localhost')
  return pathname
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, ':id')
    .replaceAll(/\d{4}-\d\d-\d\d/g, ':day')
    .replace(/^\/(workspaces|jobs)\/[^/]+/, '/$1/:name')
}
