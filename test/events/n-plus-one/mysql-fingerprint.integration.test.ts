import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { PrismaClient } from '../../fixtures/mariadb/generated/client.ts'
import { obstacleToMariadb, startMariadb } from '../../prisma/databases/mariadb.ts'

const obstacle = await obstacleToMariadb()

test.skipIf(obstacle !== undefined)('removes double-quoted strings on MySQL', async () => {
  await using server = await startMariadb()
  await using database = await server.createDatabase()
  const fingerprints: string[] = []
  const metrics = prismaMetrics({
    registry: new Registry(),
    migrations: false,
    slowOperation: {
      seconds: 0,
      intervalSeconds: 0,
      onSlow: ({ fingerprint }) => fingerprints.push(fingerprint),
    },
  })
  const adapter = metrics.adapter(new PrismaMariaDb(database.config))
  const prisma = metrics.instrument(new PrismaClient({ adapter }))
  onTestFinished(() => prisma.$disconnect())

  await prisma.$queryRaw`SELECT "secret" AS answer, \`name\` FROM Tag WHERE name = "secret"`

  expect(fingerprints).toEqual(['SELECT ? AS answer, `name` FROM Tag WHERE name = ?'])
})
