/**
 * What a user of the package might have in his project: compiled by each TypeScript, and run on each
 * Node with each Prisma and each metrics library. It ends with an error where a number is wrong.
 */
export const application = `
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { createClient } from '@libsql/client'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import * as promClient from 'prom-client'
import * as successor from '@prometheus-io/client'
import { exposeMetrics, metricsResponse, prismaMetrics } from 'prisma-prometheus'
import { PrismaClient } from './generated/client.js'

const [library = '', url = ''] = process.argv.slice(2)
const registry = library === 'prom-client' ? new promClient.Registry() : new successor.Registry()

const database = createClient({ url })
await database.executeMultiple(readFileSync('schema.sql', 'utf8'))

const metrics = prismaMetrics({ registry, client: 'main', legacyMetrics: true })
const adapter = metrics.adapter(new PrismaLibSql({ url }))
const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)

await prisma.workspace.create({
  data: {
    slug: 'acme',
    name: 'Acme',
    alerts: { create: { title: 'late', tags: { create: [{ name: 'a' }, { name: 'b' }] } } },
  },
})
await prisma.tag.createMany({ data: [{ name: 'c' }, { name: 'd' }] })
const [tag] = await prisma.tag.findMany({ where: { name: 'a' }, select: { id: true } })
const id: number | undefined = tag?.id
// @ts-expect-error: not selected
assert.equal(tag?.name, undefined)
await prisma.tag.upsert({ where: { name: 'd' }, create: { name: 'd' }, update: { name: 'e' } })
await assert.rejects(
  prisma.$transaction(async (tx) => {
    await tx.tag.deleteMany({ where: { id: { gte: id ?? 0 } } })
    throw new Error('no')
  }),
)
await prisma.$transaction([prisma.tag.delete({ where: { name: 'c' } }), prisma.tag.count()])
await assert.rejects(prisma.tag.create({ data: { name: 'a' } }))

const server = createServer(exposeMetrics(undefined, { registry }))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
const port = typeof address === 'object' ? address?.port : undefined
const served = await fetch('http://127.0.0.1:' + port + '/metrics')
const text = await served.text()
server.close()
server.closeAllConnections()

const expected = {
  'prisma_model_inserts_total{client="main",model="Tag"}': 4,
  'prisma_model_inserts_total{client="main",model="_AlertToTag"}': 2,
  'prisma_model_upserts_total{client="main",model="Tag"}': 1,
  'prisma_model_deletes_total{client="main",model="Tag"}': 1,
  'prisma_rolled_back_rows_total{client="main",model="Tag",action="delete"}': 4,
  'prisma_operation_errors_total{client="main",model="Tag",operation="create",code="P2002"}': 1,
  'prisma_operations_in_flight{client="main"}': 0,
}
for (const [series, value] of Object.entries(expected)) {
  assert.ok(text.includes('\\n' + series + ' ' + value + '\\n'), series + ' ' + value + '\\n' + text)
}
const response = await metricsResponse(new Request('http://127.0.0.1/metrics'), { registry })
assert.equal(response.status, 200)
const { counters } = await prisma.$metrics.json()
assert.ok((counters[0]?.value ?? 0) >= 7)
await prisma.$disconnect()
database.close()
`
