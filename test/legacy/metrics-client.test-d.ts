import { expectTypeOf, test } from 'vitest'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import {
  type LegacyHistogram,
  type LegacyMetricsJson,
  type PrismaMetricsOptions,
  prismaMetrics,
} from '../../src/index.ts'

declare const prisma: PrismaClient

test('$metrics is there where the option is on, and the models keep their types', async () => {
  for (const legacyMetrics of [true, { expose: true }] as const) {
    const extended = prisma.$extends(prismaMetrics({ legacyMetrics }).extension)
    expectTypeOf(extended.$metrics.prometheus()).resolves.toEqualTypeOf<string>()
    expectTypeOf(extended.$metrics.json()).resolves.toEqualTypeOf<LegacyMetricsJson>()
    expectTypeOf(extended.tag.findMany({ select: { name: true } })).resolves.toEqualTypeOf<
      { name: string }[]
    >()
    expectTypeOf(extended.$transaction).toBeCallableWith([extended.tag.count()])
    await extended.$transaction(async (tx) => {
      expectTypeOf(tx.tag.count()).resolves.toEqualTypeOf<number>()
    })
  }
})

test('it is what code for Prisma 6 does with it', async () => {
  const extended = prisma.$extends(prismaMetrics({ legacyMetrics: true }).extension)
  const { counters, histograms } = await extended.$metrics.json({ globalLabels: { app: 'shop' } })
  expectTypeOf(counters[0]?.value).toEqualTypeOf<number | undefined>()
  expectTypeOf(histograms[0]?.value).toEqualTypeOf<LegacyHistogram | undefined>()
  // @ts-expect-error: labels are strings
  await extended.$metrics.json({ globalLabels: { app: 1 } })
})

test('it stays through other extensions', () => {
  const extended = prisma
    .$extends(prismaMetrics({ legacyMetrics: true }).extension)
    .$extends({ client: { $shout: (word: string) => word.toUpperCase() } })
  expectTypeOf(extended.$metrics.prometheus()).resolves.toBeString()
  expectTypeOf(extended.$shout('a')).toBeString()
})

test('there is none without the option', () => {
  expectTypeOf(prisma.$extends(prismaMetrics().extension)).not.toHaveProperty('$metrics')
  const off = prismaMetrics({ legacyMetrics: false })
  expectTypeOf(prisma.$extends(off.extension)).not.toHaveProperty('$metrics')
  const unknown = prismaMetrics({} as PrismaMetricsOptions)
  expectTypeOf(prisma.$extends(unknown.extension)).not.toHaveProperty('$metrics')
})
