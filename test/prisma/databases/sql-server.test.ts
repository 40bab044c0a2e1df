import { PrismaMssql } from '@prisma/adapter-mssql'
import mssql from 'mssql'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PrismaClient } from '../../fixtures/sqlserver/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { numbersOf } from '../neighbours/observed.ts'

/** What was sent, transactions included. */
const sent: string[] = []

class Refused extends Error {
  override readonly name = 'RequestError'
  readonly code = 'EREQUEST'
  readonly number = 1205
}

/** `mssql`'s Request, with a row for everything that has an answer. */
function request(): unknown {
  return {
    input() {},
    async query(sql: string) {
      sent.push(sql)
      if (sql.includes('deadlock')) throw new Refused('chosen as the deadlock victim')
      const columns = [
        { name: 'id', type: mssql.Int },
        { name: 'name', type: mssql.NVarChar },
      ]
      const returns = /^SELECT|\bOUTPUT\b/.test(sql)
      return returns
        ? {
            recordset: [[sql.includes('[Alert]') ? 'a' : 1, 'a']],
            columns: [columns],
            rowsAffected: [1],
          }
        : { rowsAffected: [/^(UPDATE|DELETE)/.test(sql) ? 4 : 2] }
    },
  }
}

/** `mssql`'s Transaction. */
function transaction(): unknown {
  const said = (command: string) => async () => {
    sent.push(command)
  }
  return {
    on() {},
    request,
    begin: said('BEGIN'),
    commit: said('COMMIT'),
    rollback: said('ROLLBACK'),
  }
}

beforeEach(() => {
  sent.length = 0
  const pool = mssql.ConnectionPool.prototype as unknown as Record<string, () => unknown>
  vi.spyOn(pool, '_poolCreate').mockImplementation(async () => ({}))
  vi.spyOn(pool, '_poolDestroy').mockImplementation(async () => {})
  vi.spyOn(pool, 'request').mockImplementation(request)
  vi.spyOn(pool, 'transaction').mockImplementation(transaction)
})

afterEach(() => {
  vi.restoreAllMocks()
})

function connect(registry: Registry, options?: { readonly schema: string }) {
  const metrics = prismaMetrics({ registry, migrations: false })
  const adapter = new PrismaMssql({ server: '127.0.0.1', user: 'u', password: 'p' }, options)
  return new PrismaClient({ adapter: metrics.adapter(adapter) }).$extends(metrics.extension)
}

test('SQL Server: counts the rows of its statements', async () => {
  const registry = new Registry()
  const prisma = connect(registry)

  await prisma.tag.create({ data: { name: 'a' } })
  expect(sent.find((sql) => sql.includes('INSERT'))).toMatch(/^DECLARE @generated_keys table/)
  await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  await prisma.tag.updateMany({ data: { name: 'c' } })
  await prisma.tag.updateMany({ data: { name: 'd' }, limit: 4 })
  expect(sent.at(-1)).toMatch(/^UPDATE [^]* FROM /)
  await prisma.tag.deleteMany()
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.tag.deleteMany()
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await prisma.$disconnect()

  const { rows } = await numbersOf(registry, 'Tag', 'default')
  expect(rows).toEqual({ inserts: 3, updates: 8, deletes: 4 })
  const text = await registry.metrics()
  expect(text).toContain('rolled_back_rows_total{client="default",model="Tag",action="delete"} 4')
})

test("SQL Server: finds tables in the adapter's schema", async () => {
  const registry = new Registry()
  const prisma = connect(registry, { schema: 'shop' })
  await prisma.tag.deleteMany()
  await prisma.$executeRawUnsafe('DELETE FROM dbo.Tag')
  await prisma.$disconnect()

  expect(sent.some((sql) => sql.startsWith('DELETE FROM [shop].[Tag]'))).toBe(true)
  expect((await numbersOf(registry, 'Tag', 'default')).rows).toEqual({ deletes: 4 })
  expect((await numbersOf(registry, 'dbo.Tag', 'default')).rows).toEqual({ deletes: 4 })
})

test('SQL Server: counts a merged row of a relation as an insert', async () => {
  const registry = new Registry()
  const prisma = connect(registry)
  await prisma.alert.update({
    where: { id: 'a' },
    data: { tags: { connect: { id: 1 } } },
    select: { id: true },
  })
  await prisma.$disconnect()

  expect(sent.some((sql) => sql.startsWith('MERGE INTO [dbo].[_AlertToTag]'))).toBe(true)
  const { rows } = await numbersOf(registry, '_AlertToTag', 'default')
  expect(rows).toEqual({ inserts: 2 })
})

test('SQL Server: counts savepoints and the victim of a deadlock', async () => {
  const registry = new Registry()
  const prisma = connect(registry)
  await prisma.$transaction(async (tx) => {
    await tx.tag.deleteMany()
    await tx.$executeRawUnsafe('SAVE TRANSACTION mine')
    await tx.tag.updateMany({ data: { name: 'c' } })
    await tx.$executeRawUnsafe('ROLLBACK TRANSACTION mine')
  })
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.tag.deleteMany()
      await tx.$executeRawUnsafe(`UPDATE Tag SET name = 'deadlock'`)
    }),
  ).rejects.toThrow('deadlock')
  await prisma.$disconnect()

  const { rows } = await numbersOf(registry, 'Tag', 'default')
  expect(rows).toEqual({ deletes: 4 })
  const text = await registry.metrics()
  expect(text).toContain('rolled_back_rows_total{client="default",model="Tag",action="update"} 4')
  expect(text).toContain('rolled_back_rows_total{client="default",model="Tag",action="delete"} 4')
  expect(text).toContain('savepoints_total{client="default",outcome="rolled_back"} 1')
})

test('SQL Server: reports the gauges of its pool', async () => {
  const registry = new Registry()
  const prisma = connect(registry)
  await prisma.tag.deleteMany()
  const text = await registry.metrics()
  expect(text).toContain('prisma_pool_connections_max{client="default"} 10')
  expect(text).toContain('prisma_pool_connections{client="default",state="idle"} 0')
  await prisma.$disconnect()
})
