import { PrismaPg } from '@prisma/adapter-pg'
import { collectDefaultMetrics, Gauge, register, Registry } from 'prom-client'
import { createApi } from '../../../example/api/api.ts'
import { applyMigrations, migrationsDirectory } from '../../../example/database/apply-migrations.ts'
import { listen, type Service } from '../../../example/listen.ts'
import { detail } from '../../../example/detail.ts'
import { connectPrisma, metrics } from '../../../example/prisma.ts'
import { driveTraffic } from '../../../example/traffic/drive-traffic.ts'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { exposeMetrics, prismaMetrics, type PrismaMetricsOptions } from '../../../src/index.ts'
import { breakMigrations, faultRoute, handleFault, startFaults } from './faults.ts'

export type Client = ReturnType<typeof connect>

interface PoolSize {
  readonly max: number
  /** The longest wait for a connection, in milliseconds. */
  readonly patience?: number
  readonly schema?: string
}

/** An instrumented client of the batch process with a small pool that can be exhausted. */
function connect(
  registry: Registry,
  url: string,
  { max, patience = 5000, schema }: PoolSize,
  options: PrismaMetricsOptions,
  Adapter: typeof PrismaPg = PrismaPg,
) {
  const instrumentation = prismaMetrics({ registry, detail, onError: () => undefined, ...options })
  const pool = { connectionString: url, max, connectionTimeoutMillis: patience }
  const prisma = new PrismaClient({
    adapter: instrumentation.adapter(new Adapter(pool, schema === undefined ? {} : { schema })),
    comments: [instrumentation.comments],
  }).$extends(instrumentation.extension)
  return { prisma, metrics: instrumentation }
}

/** A client whose driver cannot be instrumented: each connection is an error of the instrumentation. */
class HiddenDriver extends PrismaPg {
  override async connect(): ReturnType<PrismaPg['connect']> {
    const underlyingDriver = (): never => {
      throw new Error('the driver is hidden')
    }
    return Object.assign(await super.connect(), { underlyingDriver })
  }
}

export interface WatchedApplication {
  /** Host and port of the application, of a second one that goes down, and of a batch process. */
  readonly targets: readonly [string, string, string]
  /** Stops the second endpoint. */
  stopSecond(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * The example, assembled as in `example/main.ts`, with its traffic and every fault that the alerts
 * detect, except the stopped database.
 */
export async function startWatchedApplication(url: string): Promise<WatchedApplication> {
  await applyMigrations(url)
  await breakMigrations(url)
  const { prisma, ...connection } = connectPrisma(url)
  const shop = { prisma, metrics }
  register.registerMetric(
    new Gauge({
      name: 'monitoring_queue_length',
      help: 'Its reader always fails.',
      registers: [],
      collect() {
        throw new Error('the queue does not answer')
      },
    }),
  )

  process.env['PORT'] = '0'
  const api = createApi(prisma)
  const onError = (): void => undefined
  const application = await listen(
    exposeMetrics(
      (request, response) => handleFault(prisma, request, response) || api(request, response),
      { route: (request) => faultRoute(request) ?? api.routeOf(request), onError, detail },
    ),
  )
  const second: Service = await listen(exposeMetrics(undefined, { onError, detail }))

  // The batch process: clients with conflicts and exhausted pools.
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const batch = connect(
    registry,
    url,
    { max: 2, patience: 800 },
    { client: 'batch', legacyMetrics: { expose: true }, longTransaction: { seconds: 0.2 } },
  )
  // Migrations that cannot be read.
  const locking = connect(
    registry,
    url,
    { max: 4 },
    {
      client: 'locking',
      migrations: { directory: `${migrationsDirectory}/none`, refreshSeconds: 1 },
    },
  )
  // More models than its metrics may have series.
  const crowded = connect(registry, url, { max: 2 }, { client: 'crowded', maxSeries: 2 })
  // A missing schema.
  const broken = connect(registry, url, { max: 2, schema: 'nowhere' }, { client: 'broken' })
  const reconnecting = connect(registry, url, { max: 1 }, { client: 'reconnecting' }, HiddenDriver)
  const churning = connect(registry, url, { max: 1 }, { client: 'churning' })
  const batchProcess = await listen(exposeMetrics(undefined, { registry, onError, detail }))

  const traffic = driveTraffic(application.url)
  const faults = startFaults(
    { shop, batch, locking, broken, crowded, reconnecting, churning },
    application.url,
  )
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
      await connection[Symbol.asyncDispose]()
      for (const client of [batch, locking, crowded, broken, reconnecting, churning])
        await client.prisma.$disconnect()
    },
  }
}
