import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withAccelerate } from '@prisma/extension-accelerate'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { numbersOf } from './observed.ts'

/** The protocol of Accelerate's query plan executor, with a result for each operation. */
const answers: readonly (readonly [path: RegExp, answer: (body: string) => unknown])[] = [
  [
    /^\/connection-info$/,
    () => ({ provider: 'postgres', connectionInfo: { supportsRelationJoins: false } }),
  ],
  [/^\/transaction\/start$/, () => ({ id: 'transaction' })],
  [
    /\/query$/,
    (body) => ({ data: resultOf((JSON.parse(body) as { operation: string }).operation) }),
  ],
  [/\/(commit|rollback)$/, () => ({})],
]

function resultOf(operation: string): unknown {
  return operation === 'createMany' ? { count: 3 } : { id: 1, name: 'late' }
}

async function startAccelerate(): Promise<string> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const [, answer] = answers.find(([path]) => path.test(request.url ?? '')) ?? []
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answer?.(body)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `prisma+postgres://127.0.0.1:${(server.address() as AddressInfo).port}/?api_key=none`
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

test.each(['before', 'after'])(
  'counts rows from operations with Accelerate %s the metrics',
  async (order) => {
    const registry = new Registry()
    const { extension } = prismaMetrics({ registry })
    const client = new PrismaClient({ accelerateUrl: await startAccelerate() })
    // Its types are made for the runtime of Prisma 6.
    const accelerate = withAccelerate() as (client: unknown) => PrismaClient
    const prisma = (
      order === 'before'
        ? accelerate(client).$extends(extension)
        : accelerate(client.$extends(extension))
    ) as PrismaClient

    await prisma.tag.create({ data: { name: 'late' } })
    await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })
    const create = { data: { name: 'late' } }
    await expect(
      prisma.$transaction(async (tx) => {
        await tx.tag.create(create)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await prisma.$transaction([prisma.tag.create(create), prisma.tag.create(create)])

    expect(await numbersOf(registry, 'Tag', 'default')).toEqual({
      operations: { 'Tag.create': 4, 'Tag.createMany': 1 },
      rows: { inserts: 6 },
    })
    expect(await registry.metrics()).toContain('adapter="none",row_source="operations"} 1')
  },
)
