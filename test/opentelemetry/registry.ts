import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { PrismaClient } from '../fixtures/sqlite/generated/client.ts'
import { prismaMetrics, type PrismaMetricsOptions } from '../../src/index.ts'
import { createSqlite } from '../prisma/databases/sqlite.ts'

/** Metrics of an application, made with prom-client itself. */
export function ownMetrics(registry: Registry): {
  readonly orders: Counter<'country'>
  readonly temperature: Gauge
  readonly sizes: Histogram<'kind'>
} {
  const registers = [registry]
  return {
    orders: new Counter({
      name: 'orders_total',
      help: 'Orders "taken"',
      labelNames: ['country'],
      registers,
    }),
    temperature: new Gauge({ name: 'temperature_celsius', help: 'Outside', registers }),
    sizes: new Histogram({
      name: 'upload_size_bytes',
      help: 'Uploads',
      labelNames: ['kind'],
      buckets: [10, 100, 1000],
      registers,
    }),
  }
}

/** A client on SQLite with both layers on. */
export async function sqliteClient(
  options: PrismaMetricsOptions,
): Promise<AsyncDisposable & { readonly client: PrismaClient }> {
  const database = await createSqlite()
  // Its value differs from one look to the next.
  const metrics = prismaMetrics({ eventLoopDelay: false, ...options })
  const client = new PrismaClient({ adapter: metrics.adapter(database.adapter()) }).$extends(
    metrics.extension,
  ) as unknown as PrismaClient
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.$disconnect()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Every sample of a text body, by its series with the labels in the order of their names. */
export function samplesOf(body: string): Record<string, number> {
  const samples: Record<string, number> = {}
  for (const line of body.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const end = line.lastIndexOf(' ')
    samples[sorted(line.slice(0, end))] = Number(line.slice(end + 1))
  }
  return samples
}

function sorted(series: string): string {
  const [, name = '', labels] = /^([^{]*)(?:\{(.*)\})?$/.exec(series) ?? []
  if (labels === undefined) return name
  return `${name}{${(labels.match(/[^,=]+="[^"]*"/g) ?? []).toSorted().join(',')}}`
}
