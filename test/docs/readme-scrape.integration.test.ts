import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { prismaMetrics } from '../../src/index.ts'
import { createDatabase } from '../support/database/database.ts'
import { projectRoot } from './pages.ts'

test('exposes the scrape that README.md shows', async () => {
  await using database = await createDatabase()
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  const prisma = metrics.instrument(
    new PrismaClient({
      adapter: metrics.adapter(new PrismaPg({ connectionString: database.url })),
    }),
  )

  await prisma.workspace.create({
    data: {
      slug: 'shop',
      name: 'Shop',
      alerts: {
        create: Array.from({ length: 8 }, (_, index) => ({
          title: `Late ${index}`,
          tags: { connectOrCreate: { where: { name: 'late' }, create: { name: 'late' } } },
        })),
      },
    },
  })
  await prisma.alert.updateMany({ data: { status: 'RESOLVED' } })
  const failing = prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'undone' } })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')

  const scrape = (await registry.metrics()).split('\n')
  await prisma.$disconnect()
  expect(shown().length).toBeGreaterThan(10)
  for (const line of shown()) expect(scrape).toContain(line)
})

function shown(): string[] {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
  const block = /<!-- scrape -->\s+```text\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  return block.split('\n').filter((line) => line !== '')
}
