import { PrismaLibSql } from '@prisma/adapter-libsql'
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/index.ts'
import { prismaMetrics as prisma8Metrics } from '../../src/prisma-8.ts'

const create = () => prismaMetrics({ registry: new Registry(), decideUnknown: true })

test.each([
  ['MariaDB', () => new PrismaMariaDb({ host: '127.0.0.1', port: 1 })],
  ['SQLite', () => new PrismaLibSql({ url: ':memory:' })],
])('refuses decideUnknown for an adapter of %s', (_, adapter) => {
  expect(() => create().adapter(adapter())).toThrow(
    'prisma-prometheus: decideUnknown: expected false for another database than Postgres, got true',
  )
})

test('accepts decideUnknown for an adapter of Postgres', () => {
  expect(() => create().adapter(new PrismaPg({}))).not.toThrow()
})

// Of Postgres and SQLite alike: the instrumentation is made before its database is known.
test('refuses decideUnknown for Prisma 8', () => {
  const options = { registry: new Registry(), decideUnknown: true }
  expect(() => prisma8Metrics(options)).toThrow(
    'prisma-prometheus: decideUnknown: expected Prisma 7, which alone has the option, got "Prisma 8"',
  )
})
