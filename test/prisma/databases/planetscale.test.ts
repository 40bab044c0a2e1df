import { PrismaPlanetScale } from '@prisma/adapter-planetscale'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../fixtures/mariadb/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { numbersOf } from '../neighbours/observed.ts'

interface Call {
  readonly query: string
}

/** The service's answer to a statement, in its HTTP protocol. */
function answerTo(query: string): unknown {
  if (query.includes('twice')) {
    const message = 'target: main.-.primary: vttablet: Deadlock found (errno 1213) (sqlstate 40001)'
    return { session: null, error: { code: 'UNKNOWN', message } }
  }
  if (query.startsWith('INSERT')) return { result: { rowsAffected: '2', insertId: '7' } }
  if (/^(UPDATE|DELETE)/.test(query)) return { result: { rowsAffected: '4' } }
  if (query.startsWith('SELECT')) {
    const fields = [
      { name: 'id', type: 'INT32' },
      { name: 'name', type: 'VARCHAR' },
    ]
    return { result: { fields, rows: [{ lengths: ['1', '1'], values: btoa('7a') }] } }
  }
  return { result: {} }
}

async function service(_url: unknown, request?: { body?: unknown }): Promise<Response> {
  const { query } = JSON.parse(String(request?.body)) as Call
  return Response.json({ session: {}, ...(answerTo(query) as object) })
}

test.each(['statements', 'operations'])(
  'PlanetScale: rows from %s, with a deadlock',
  async (source) => {
    const registry = new Registry()
    const metrics = prismaMetrics({ registry, migrations: false })
    const adapter = new PrismaPlanetScale({
      url: 'mysql://u:p@127.0.0.1/app',
      fetch: service,
    })
    const prisma = new PrismaClient({
      adapter: source === 'statements' ? metrics.adapter(adapter) : adapter,
    }).$extends(metrics.extension)

    // A create comes back without rows, but with an id: one row.
    await prisma.tag.create({ data: { name: 'a' } })
    await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
    await prisma.tag.updateMany({ data: { name: 'c' } })
    await prisma.tag.deleteMany()
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.deleteMany()
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.deleteMany()
        await expect(tx.$executeRawUnsafe('UPDATE Tag SET name = "twice"')).rejects.toThrow('1213')
        // The server has undone the transaction, and commits this by itself.
        await tx.tag.updateMany({ data: { name: 'd' } })
        throw new Error('no')
      }),
    ).rejects.toThrow('no')

    const { rows } = await numbersOf(registry, 'Tag', 'default')
    expect(rows).toEqual({ inserts: 3, updates: 8, deletes: 4 })
    const text = await registry.metrics()
    expect(text).toContain('rolled_back_rows_total{client="default",model="Tag",action="delete"} 8')
    expect(text).not.toContain('prisma_pool_connections{')
    await prisma.$disconnect()
  },
)
