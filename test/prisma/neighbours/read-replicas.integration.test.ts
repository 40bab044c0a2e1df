import { PrismaPg } from '@prisma/adapter-pg'
import { readReplicas } from '@prisma/extension-read-replicas'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { observe } from './observed.ts'
import { asClient } from '../../support/as-client.ts'

// Both speak to one database here: what is looked at is who was asked.
test('counts each replica under its own client label', async () => {
  const { database, registry, metrics, prisma: primary, numbers } = await observe()
  const replicaMetrics = prismaMetrics({ registry, client: 'replica' })
  const replica = new PrismaClient({
    adapter: replicaMetrics.adapter(new PrismaPg({ connectionString: database.url })),
  }).$extends(replicaMetrics.extension)
  onTestFinished(() => replica.$disconnect())
  const prisma = primary
    .$extends(readReplicas({ replicas: [asClient(replica)] }))
    .$extends(metrics.extension)

  await prisma.tag.create({ data: { name: 'late' } })
  await prisma.tag.findMany()
  await prisma.tag.count()
  await prisma.$transaction(async (tx) => {
    await tx.tag.findMany()
    await tx.tag.create({ data: { name: 'early' } })
  })

  expect(await numbers('Tag', 'main')).toEqual({
    operations: { 'Tag.create': 2, 'Tag.findMany': 1 },
    rows: { inserts: 2 },
  })
  expect(await numbers('Tag', 'replica')).toEqual({
    operations: { 'Tag.findMany': 1, 'Tag.count': 1 },
    rows: {},
  })
})

test('counts the operations of callers on the primary if the metrics come first', async () => {
  const { database, registry, metrics, prisma: primary, numbers } = await observe()
  const replicaMetrics = prismaMetrics({ registry, client: 'replica' })
  const replica = new PrismaClient({
    adapter: replicaMetrics.adapter(new PrismaPg({ connectionString: database.url })),
  }).$extends(replicaMetrics.extension)
  onTestFinished(() => replica.$disconnect())
  const prisma = primary
    .$extends(metrics.extension)
    .$extends(readReplicas({ replicas: [asClient(replica)] }))

  await prisma.tag.create({ data: { name: 'late' } })
  await prisma.tag.findMany()

  expect(await numbers('Tag', 'main')).toEqual({
    operations: { 'Tag.create': 1, 'Tag.findMany': 1 },
    rows: { inserts: 1 },
  })
  expect(await numbers('Tag', 'replica')).toEqual({
    operations: { 'Tag.findMany': 1 },
    rows: {},
  })
})
