import { connect, type Socket } from 'node:net'
import { neonConfig } from '@neondatabase/serverless'
import { PrismaNeon } from '@prisma/adapter-neon'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { createDatabase } from '../../support/database/database.ts'
import { numbersOf } from '../neighbours/observed.ts'

/** Neon's WebSocket, with a Postgres of the tests at its other end instead of Neon's proxy. */
class WebSocketToPostgres extends EventTarget {
  binaryType = 'arraybuffer'
  readyState = 0
  readonly #socket: Socket

  constructor(address: string) {
    super()
    const { hostname, port } = new URL(address)
    this.#socket = connect(Number(port), hostname)
    this.#socket.on('connect', () => {
      this.readyState = 1
      this.dispatchEvent(new Event('open'))
    })
    this.#socket.on('data', (data) => {
      this.dispatchEvent(
        Object.assign(new Event('message'), { data: Uint8Array.from(data).buffer }),
      )
    })
    this.#socket.on('close', () => {
      this.readyState = 3
      this.dispatchEvent(new Event('close'))
    })
    this.#socket.on('error', () => this.dispatchEvent(new Event('error')))
  }

  send(data: Uint8Array): void {
    this.#socket.write(data)
  }

  close(): void {
    this.#socket.end()
  }
}

test('Neon: counts rows of its driver on a Postgres, over WebSocket', async () => {
  neonConfig.webSocketConstructor = WebSocketToPostgres as never
  neonConfig.useSecureWebSocket = false
  neonConfig.pipelineConnect = false
  neonConfig.wsProxy = (host, port) => `${host}:${port}`
  const database = await createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const adapter = new PrismaNeon({ connectionString: database.url, max: 3 })
  const prisma = new PrismaClient({ adapter: metrics.adapter(adapter) }).$extends(metrics.extension)
  onTestFinished(async () => {
    await prisma.$disconnect()
    await database.drop()
  })

  await prisma.tag.create({ data: { name: 'a' } })
  await prisma.tag.createMany({ data: [{ name: 'b' }, { name: 'c' }] })
  await prisma.tag.updateMany({ data: { name: 'd' }, where: { name: 'c' } })
  await prisma.alert.create({
    data: {
      title: 'late',
      workspace: { create: { slug: 'acme', name: 'Acme' } },
      tags: { connect: [{ name: 'a' }, { name: 'b' }] },
    },
  })
  await prisma.$transaction((tx) => tx.tag.delete({ where: { name: 'd' } }))
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.alert.deleteMany()
      throw new Error('no')
    }),
  ).rejects.toThrow('no')

  const truth = await database.audit()
  expect(truth['Tag']).toEqual({ insert: 3, update: 1, delete: 1 })
  expect(truth['_AlertToTag']).toEqual({ insert: 2, update: 0, delete: 0 })
  const rowsOf = async (model: string) => (await numbersOf(registry, model, 'default')).rows
  expect(await rowsOf('Tag')).toEqual({ inserts: 3, updates: 1, deletes: 1 })
  expect(await rowsOf('Alert')).toEqual({ inserts: 1 })
  expect(await rowsOf('_AlertToTag')).toEqual({ inserts: 2 })
  const text = await registry.metrics()
  expect(text).toContain('rolled_back_rows_total{client="default",model="Alert",action="delete"} 1')
  expect(text).toContain('prisma_pool_connections_max{client="default"} 3')
  expect(text).toMatch(/prisma_pool_acquire_duration_seconds_count\{[^}]*"ok"\} [1-9]/)
})
