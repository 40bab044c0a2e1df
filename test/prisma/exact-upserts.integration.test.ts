import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { connect } from '../events/connect.ts'

test('distinguishes inserts from updates of native upserts with exactUpserts', async () => {
  const { prisma, registry, database, errors } = await connect({ exactUpserts: true })
  const upsert = (name: string, update: string) =>
    prisma.tag.upsert({ where: { name }, create: { name }, update: { name: update } })
  expect(await upsert('a', 'b')).toEqual({ id: 1, name: 'a' })
  expect(await upsert('a', 'b')).toEqual({ id: 1, name: 'b' })
  expect(
    await prisma.tag.upsert({
      where: { name: 'c' },
      create: { name: 'c' },
      update: {},
      select: { name: true },
    }),
  ).toEqual({ name: 'c' })
  const undone = prisma.$transaction(async (tx) => {
    await tx.tag.upsert({ where: { name: 'b' }, create: { name: 'b' }, update: { name: 'd' } })
    await tx.tag.upsert({ where: { name: 'e' }, create: { name: 'e' }, update: { name: 'f' } })
    throw new Error('undo')
  })
  await expect(undone).rejects.toThrow('undo')
  // SQL of the application keeps its columns, and its rows are upserts.
  const rows = await prisma.$queryRaw`
    INSERT INTO "Tag" (name) VALUES ('b') ON CONFLICT (name) DO UPDATE SET name = 'g' RETURNING name`
  expect(rows).toEqual([{ name: 'g' }])

  const now = await snapshot(registry)
  const model = 'Tag'
  const { Tag } = await database.audit()
  expect(Tag).toEqual({ insert: 2, update: 2, delete: 0 })
  expect(now.value('prisma_model_inserts_total', { model })).toBe(2)
  expect(now.value('prisma_model_updates_total', { model })).toBe(1)
  expect(now.value('prisma_model_upserts_total', { model })).toBe(1)
  const rolledBack = 'prisma_rolled_back_rows_total'
  expect(now.value(rolledBack, { model, action: 'insert' })).toBe(1)
  expect(now.value(rolledBack, { model, action: 'update' })).toBe(1)
  expect(now.value(rolledBack, { model, action: 'upsert' })).toBe(0)
  expect(errors).toEqual([])
})

test('refuses exactUpserts for another database than Postgres', () => {
  const metrics = prismaMetrics({ registry: new Registry(), exactUpserts: true })
  expect(() => metrics.adapter(new PrismaLibSql({ url: ':memory:' }))).toThrow(
    /exactUpserts: expected false for another database than Postgres/,
  )
  expect(() => metrics.adapter(new PrismaPg({}))).not.toThrow()
  expect(() => prismaMetrics({ exactUpserts: 1 as never })).toThrow(/exactUpserts: expected/)
})
