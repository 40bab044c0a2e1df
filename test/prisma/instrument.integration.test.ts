import { expect, test } from 'vitest'
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { snapshot } from '../../src/testing/index.ts'
import { createSubject, type Subject } from './subject.ts'

/** What takes clients and transactions by Prisma's own types. */
const addTag = (client: Prisma.TransactionClient, name: string): Promise<unknown> =>
  client.tag.create({ data: { name } })
const addTags = (client: PrismaClient, ...names: string[]): Promise<unknown> =>
  client.$transaction(async (tx) => {
    for (const name of names) await addTag(tx, name)
  })

async function instrumented(): Promise<Subject & { readonly prisma: PrismaClient }> {
  const subject = await createSubject()
  const { metrics } = subject
  const prisma: PrismaClient = metrics.instrument(
    new PrismaClient({ adapter: metrics.adapter(subject.adapter()) }),
  )
  subject.client(prisma)
  return { ...subject, prisma }
}

test('counts operations, transactions and events as $extends(metrics.extension) does', async () => {
  const { prisma, metrics, registry } = await instrumented()
  const created: unknown[] = []
  metrics.on('Tag', 'create', ({ args }) => created.push(args))
  const before = await snapshot(registry)

  await addTag(prisma, 'a')
  await addTags(prisma, 'b', 'c')
  await addTags(prisma, 'd', 'a').catch(() => {})

  const tags = { model: 'Tag', operation: 'create' }
  expect(await before.delta('prisma_operation_duration_seconds_count', tags)).toBe(5)
  expect(await before.delta('prisma_operation_errors_total', tags)).toBe(1)
  expect(await before.delta('prisma_model_inserts_total', { model: 'Tag' })).toBe(3)
  expect(await before.delta('prisma_rolled_back_rows_total', { model: 'Tag' })).toBe(1)
  expect(created).toEqual(['a', 'b', 'c'].map((name) => ({ data: { name } })))
})

test('returns an instrumented client unchanged', async () => {
  const { prisma, metrics } = await instrumented()
  expect(metrics.instrument(prisma)).toBe(prisma)
  expect(prisma.$extends(metrics.extension)).toBe(prisma)
})

test('delegates $on to the client beneath', async () => {
  const subject = await createSubject()
  const client = new PrismaClient({
    adapter: subject.metrics.adapter(subject.adapter()),
    log: [{ emit: 'event', level: 'query' }],
  })
  const prisma = subject.client(subject.metrics.instrument(client))
  const queries: string[] = []

  expect(prisma.$on('query', ({ query }) => queries.push(query))).toBe(prisma)
  await prisma.tag.count()

  expect(queries).toEqual([expect.stringContaining('COUNT(*)')])
})

test('keeps a class that extends PrismaClient and instruments itself', async () => {
  const subject = await createSubject()
  const { metrics, registry } = subject
  class PrismaService extends PrismaClient {
    readonly adapterName: string

    constructor() {
      super({ adapter: metrics.adapter(subject.adapter()) })
      this.adapterName = 'pg'
      return metrics.instrument(this)
    }

    async onModuleInit(): Promise<void> {
      await this.$connect()
    }

    async rename(from: string, to: string): Promise<unknown> {
      return this.tag.update({ where: { name: from }, data: { name: to } })
    }
  }
  class AuditedService extends PrismaService {
    override async rename(from: string, to: string): Promise<unknown> {
      return this.$transaction(async () => super.rename(from, to))
    }
  }
  const before = await snapshot(registry)

  for (const service of [new PrismaService(), new AuditedService()]) {
    subject.client(service)
    await service.onModuleInit()
    const { adapterName } = service
    await addTag(service, adapterName)
    await service.rename(adapterName, `${adapterName} renamed`)
    await service.tag.deleteMany()
  }

  const updates = { model: 'Tag', operation: 'update' }
  expect(await before.delta('prisma_operation_duration_seconds_count', updates)).toBe(2)
  expect(await before.delta('prisma_model_updates_total', { model: 'Tag' })).toBe(2)
  expect(subject.faults).toEqual([])
})

test('instruments an extended client, whose extensions stay', async () => {
  const subject = await createSubject()
  const { metrics, registry } = subject
  const base = new PrismaClient({ adapter: metrics.adapter(subject.adapter()) })
  const extended = base.$extends({ model: { tag: { shout: () => 'TAG' } } })
  const prisma = metrics.instrument(extended)
  subject.client(base)
  const before = await snapshot(registry)

  expect(prisma.tag.shout()).toBe('TAG')
  await prisma.tag.count()

  expect(await before.delta('prisma_operation_duration_seconds_count')).toBe(1)
})

test('rejects a value that is not a Prisma client', async () => {
  const { metrics } = await createSubject()
  expect(() => metrics.instrument({})).toThrow(
    'prisma-prometheus: metrics.instrument(client): expected a Prisma client, got an object with the keys (none)',
  )
})
