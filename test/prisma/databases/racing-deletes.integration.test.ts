import { Registry } from 'prom-client'
import { afterAll, expect, test } from 'vitest'
import type { Prisma } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { asClient } from '../../support/as-client.ts'
import { mariadb, runnableDatabases, stopMariadb } from './runnable.ts'

afterAll(stopMariadb)

const runs = (await runnableDatabases()).includes(mariadb)

test.runIf(runs).each([true, false])(
  'counts a row once that several deletes of MariaDB claim, only with the adapter: %s',
  async (statements) => {
    await using database = await mariadb.create()
    const registry = new Registry()
    const metrics = prismaMetrics<Prisma.TypeMap>({ registry })
    const adapter = database.adapter()
    const client = mariadb
      .connect({ adapter: statements ? metrics.adapter(adapter) : adapter })
      .$extends(metrics.extension)
    const prisma = asClient(client)
    let events = 0
    metrics.on('JobRun', 'delete', () => (events += 1))
    let succeeded = 0
    for (let round = 0; round < 20; round++) {
      const { id } = await prisma.jobRun.create({ data: { name: 'job' } })
      const deletes = [1, 2, 3].map(async () => prisma.jobRun.delete({ where: { id } }))
      const settled = await Promise.allSettled(deletes)
      succeeded += settled.filter(({ status }) => status === 'fulfilled').length
    }
    expect(succeeded).toBeGreaterThan(20)
    expect(await database.audit()).toMatchObject({ job_runs: { delete: 20 } })
    const counted = (await snapshot(registry)).value('prisma_model_deletes_total')
    expect({ counted, events }).toEqual({ counted: statements ? 20 : succeeded, events: succeeded })
    await client.$disconnect()
  },
)
