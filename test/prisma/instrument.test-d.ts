import { PrismaPg } from '@prisma/adapter-pg'
import { expectTypeOf, test } from 'vitest'
import { type Prisma, PrismaClient, type Tag } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'

const metrics = prismaMetrics<Prisma.TypeMap>()
const adapter = new PrismaPg({ connectionString: 'postgresql://localhost/app' })
declare const base: PrismaClient
declare function takesClient(client: PrismaClient): void
declare function takesTransaction(client: Prisma.TransactionClient): void

test('returns the type of the client, which fits Prisma’s own types', async () => {
  const prisma = metrics.instrument(base)
  expectTypeOf(prisma).toEqualTypeOf<PrismaClient>()
  takesClient(prisma)
  takesTransaction(prisma)
  expectTypeOf(prisma.tag.findMany()).resolves.toEqualTypeOf<Tag[]>()
  await prisma.$transaction(async (tx) => {
    takesTransaction(tx)
    expectTypeOf(tx.tag.findMany()).resolves.toEqualTypeOf<Tag[]>()
  })
  // @ts-expect-error: no such model
  void prisma.nothing
})

test('keeps the log events of $on', () => {
  const client = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] })
  const prisma = metrics.instrument(client)
  prisma.$on('query', (event) => expectTypeOf(event).toEqualTypeOf<Prisma.QueryEvent>())
  // @ts-expect-error: not a configured event
  prisma.$on('warn', () => {})
})

test('keeps the members of an extended client', () => {
  const extended = base.$extends({ model: { tag: { shout: () => 'TAG' as const } } })
  expectTypeOf(metrics.instrument(extended).tag.shout()).toEqualTypeOf<'TAG'>()
})

test('keeps the class of a service', () => {
  class PrismaService extends PrismaClient {
    constructor() {
      super({ adapter })
      return metrics.instrument(this)
    }

    async onModuleInit(): Promise<void> {
      await this.$connect()
    }
  }
  takesClient(new PrismaService())
  expectTypeOf(metrics.instrument(new PrismaService())).toEqualTypeOf<PrismaService>()
})

test('adds $metrics with legacyMetrics', () => {
  const prisma = prismaMetrics({ legacyMetrics: true }).instrument(base)
  takesClient(prisma)
  expectTypeOf(prisma.$metrics.prometheus()).resolves.toEqualTypeOf<string>()
})
