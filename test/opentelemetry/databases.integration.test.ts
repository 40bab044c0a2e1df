import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { connect } from '../prisma-8/connect.ts'
import { checkTruth } from '../prisma-8/truth/check-truth.ts'
import { createDatabase } from '../support/database/database.ts'
import { exporting } from './exporting.ts'
import { expectEqual } from './otlp/expect-equal.ts'
import type { Point } from './otlp/points.ts'

const duration = 'db.client.operation.duration'

function attributesOf(points: readonly Point[], operation: string): Point['attributes'][] {
  return points
    .filter(({ attributes }) => attributes['db.operation.name'] === operation)
    .map(({ attributes }) => attributes)
}

test('operations of Prisma 7 carry the database, its server and the type of an error', async () => {
  await using database = await createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const adapter = metrics.adapter(new PrismaPg({ connectionString: database.url }))
  const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)
  onTestFinished(() => prisma.$disconnect())
  await using exported = await exporting({ registry })
  await prisma.tag.create({ data: { name: 'a' } })
  await prisma.tag.create({ data: { name: 'a' } }).catch(() => {})
  await exported.flush()
  const { hostname, port, pathname } = new URL(database.url)
  const create = {
    client: 'default',
    'db.system.name': 'postgresql',
    'db.namespace': `${pathname.slice(1)}|public`,
    'server.address': hostname,
    'server.port': Number(port),
    'db.collection.name': 'Tag',
    'db.operation.name': 'create',
  }
  expect(attributesOf(exported.receiver.ledger.points(duration), 'create')).toEqual([
    create,
    { ...create, 'error.type': 'P2002' },
  ])
  const [pool] = exported.receiver.ledger.points('db.client.connection.max')
  expect(pool?.attributes).toEqual({
    client: 'default',
    'db.system.name': 'postgresql',
    'db.client.connection.pool.name': 'default',
  })
})

test('a client on two servers has only the attributes that are those of both', async () => {
  await using first = await createDatabase()
  await using second = await createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  for (const { url } of [first, second]) {
    const adapter = metrics.adapter(new PrismaPg({ connectionString: url }))
    const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)
    onTestFinished(() => prisma.$disconnect())
    await prisma.tag.count()
  }
  await using exported = await exporting({ registry })
  await exported.flush()
  const [attributes] = attributesOf(exported.receiver.ledger.points(duration), 'count')
  expect(attributes).toMatchObject({ 'server.address': new URL(first.url).hostname })
  expect(attributes).not.toHaveProperty(['db.namespace'])
})

test('operations of Prisma 8 carry the database, its server and the type of an error', async () => {
  const { db, registry, database } = await connect()
  await using exported = await exporting({ registry })
  await db.orm.public.User.create({ email: 'a' })
  await db.orm.public.User.create({ email: 'a' }).catch(() => {})
  await exported.flush()
  const { hostname, port, pathname } = new URL(database.url)
  const create = {
    'db.system.name': 'postgresql',
    'db.namespace': `${pathname.slice(1)}|public`,
    'server.address': hostname,
    'server.port': Number(port),
    'db.operation.name': 'create',
  }
  const found = attributesOf(exported.receiver.ledger.points(duration), 'create')
  expect(found).toMatchObject([create, { ...create, 'error.type': '23505' }])
})

test('a random program of Prisma 8 arrives as /metrics shows it, which equals the triggers', async () => {
  await using database = await createDatabase('prisma_8')
  const registry = new Registry()
  const names = 'prometheus'
  await using cumulative = await exporting({ registry, names })
  // Exports while the program runs, too.
  const temporality = 'delta'
  await using delta = await exporting({
    registry,
    names,
    temporality,
    interval: 100,
    instance: 'b',
  })
  await checkTruth(database, 1, false, registry)
  await cumulative.flush()
  await delta.flush()
  const { ledger } = cumulative.receiver
  expectEqual(ledger.points(), await registry.metrics())
  expect(delta.receiver.requests.length).toBeGreaterThan(2)
  for (const name of new Set(ledger.points().map((point) => point.name))) {
    const { count, value } = ledger.total(name)
    const sum = delta.receiver.ledger.total(name)
    expect([name, sum.count]).toEqual([name, count])
    expect(sum.value).toBeCloseTo(value, 6)
  }
  expect(ledger.violations).toEqual([])
  expect(delta.receiver.ledger.violations).toEqual([])
}, 120_000)
