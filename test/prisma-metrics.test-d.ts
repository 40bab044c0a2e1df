import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { expectTypeOf, test } from 'vitest'
import type { Prisma, PrismaClient, Tag } from '../prisma/generated/client.ts'
import { prismaMetrics } from '../src/index.ts'

declare const prisma: PrismaClient
const { extension, adapter } = prismaMetrics()

test('models, select, include and their results are those of the client', async () => {
  const extended = prisma.$extends(extension)
  expectTypeOf(extended.tag.findMany()).resolves.toEqualTypeOf<Tag[]>()
  expectTypeOf(extended.tag.findFirst({ select: { name: true } })).resolves.toEqualTypeOf<{
    name: string
  } | null>()
  const alert = await extended.alert.findFirstOrThrow({ include: { tags: true } })
  expectTypeOf(alert.tags).toEqualTypeOf<Tag[]>()
  expectTypeOf(extended.tag.createMany).parameter(0).not.toBeAny()
  // @ts-expect-error: no such model
  void extended.nothing
  // @ts-expect-error: no such field
  void extended.tag.findMany({ where: { colour: 'red' } })
})

test('both forms of $transaction keep their types, and so does tx', async () => {
  const extended = prisma.$extends(extension)
  const [tags, count] = await extended.$transaction([extended.tag.findMany(), extended.tag.count()])
  expectTypeOf(tags).toEqualTypeOf<Tag[]>()
  expectTypeOf(count).toEqualTypeOf<number>()
  const result = await extended.$transaction(
    async (tx) => {
      expectTypeOf(tx.tag.findMany()).resolves.toEqualTypeOf<Tag[]>()
      // @ts-expect-error: a transaction has no $connect
      void tx.$connect
      return 'done' as const
    },
    { isolationLevel: 'Serializable', timeout: 1000 },
  )
  expectTypeOf(result).toEqualTypeOf<'done'>()
})

test('other extensions keep theirs, before and after', () => {
  const loud = {
    model: { tag: { shout: () => 'TAG' as const } },
    result: {
      tag: { label: { needs: { name: true }, compute: (tag: { name: string }) => `#${tag.name}` } },
    },
    client: { $greet: (name: string) => `hello ${name}` },
  }
  for (const extended of [
    prisma.$extends(loud).$extends(extension),
    prisma.$extends(extension).$extends(loud),
  ]) {
    expectTypeOf(extended.tag.shout()).toEqualTypeOf<'TAG'>()
    expectTypeOf(extended.$greet('you')).toEqualTypeOf<string>()
    expectTypeOf(
      extended.tag.findFirstOrThrow({ select: { label: true } }),
    ).resolves.toEqualTypeOf<{
      label: string
    }>()
  }
})

test('an adapter factory keeps its type, and something else is none', () => {
  const wrapped = adapter(new PrismaPg({ connectionString: '' }))
  expectTypeOf(wrapped).toEqualTypeOf<PrismaPg>()
  expectTypeOf(wrapped).toExtend<SqlDriverAdapterFactory>()
  expectTypeOf<Prisma.PrismaClientOptions['adapter']>().toEqualTypeOf<
    SqlDriverAdapterFactory | undefined
  >()
  // @ts-expect-error: a string is no adapter
  adapter('postgresql://localhost')
})
