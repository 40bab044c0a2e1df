import { createClient } from '@libsql/client'
import { PrismaD1 } from '@prisma/adapter-d1'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../fixtures/sqlite/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { numbersOf } from '../neighbours/observed.ts'
import { createSqlite } from './sqlite.ts'

type Binding = ConstructorParameters<typeof PrismaD1>[0]

/** What a Worker is bound to, over a SQLite file instead of Cloudflare's service. */
function bindingTo(url: string): Binding {
  const database = createClient({ url })
  onTestFinished(() => database.close())
  const binding = {
    prepare: (sql: string) => ({
      bind: (...args: never[]) => ({
        async run() {
          const { rowsAffected } = await database.execute({ sql, args })
          return { meta: { changes: rowsAffected } }
        },
        async raw() {
          const { columns, rows } = await database.execute({ sql, args })
          return [columns, ...rows.map((row) => columns.map((_, index) => row[index]))]
        },
      }),
    }),
  }
  return binding as unknown as Binding
}

test('D1: counts each statement at once, because its transactions have no effect', async () => {
  await using database = await createSqlite()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const adapter = metrics.adapter(new PrismaD1(bindingTo(database.url)))
  const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)

  await prisma.workspace.create({
    data: { slug: 'acme', name: 'Acme', jobRuns: { create: [{ name: 'a' }, { name: 'b' }] } },
  })
  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })
  await prisma.tag.upsert({ where: { name: 'a' }, create: { name: 'a' }, update: { name: 'A' } })
  await prisma.tag.update({ where: { name: 'b' }, data: { name: 'B' } })
  await prisma.tag.deleteMany({ where: { name: 'c' } })
  await expect(
    prisma.$transaction([
      prisma.jobRun.create({ data: { name: 'not undone' } }),
      prisma.tag.create({ data: { name: 'B' } }),
    ]),
  ).rejects.toThrow('UNIQUE constraint failed')

  const none = { insert: 0, update: 0, delete: 0 }
  const truth = await database.audit()
  expect(truth['Tag']).toEqual({ insert: 3, update: 2, delete: 1 })
  expect(truth['job_runs']).toEqual({ ...none, insert: 3 })
  const { rows: tags } = await numbersOf(registry, 'Tag', 'default')
  // A native upsert does not say which of the two it was.
  expect(tags).toEqual({ inserts: 3, updates: 1, deletes: 1, upserts: 1 })
  const { rows: jobRuns } = await numbersOf(registry, 'JobRun', 'default')
  expect(jobRuns).toEqual({ inserts: 3 })
  expect(await registry.metrics()).toContain(
    'prisma_rolled_back_rows_total{client="default",model="JobRun",action="insert"} 0',
  )
  await prisma.$disconnect()
})
