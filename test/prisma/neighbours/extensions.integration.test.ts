import { describe, expect, test } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { type Numbers, observe } from './observed.ts'
import { asClient } from '../../support/as-client.ts'

type Extension = ReturnType<typeof Prisma.defineExtension>

/** Rewrites an operation, and runs the other one on the client that it was applied to. */
const softDelete = Prisma.defineExtension((client) => {
  const jobRun = asClient(client).jobRun
  return client.$extends({
    name: 'soft delete',
    query: {
      jobRun: {
        delete: ({ args: { where } }) => jobRun.update({ where, data: { outcome: 'FAILED' } }),
      },
    },
  })
})

/** Runs an operation again when it fails. */
const retry = Prisma.defineExtension({
  name: 'retry',
  query: {
    async $allOperations({ args, query }) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await query(args)
        } catch (error) {
          if (attempt === 3) throw error
        }
      }
    },
  },
})

/** Wraps each query in a transaction that tells the database whose it is. */
const rowLevelSecurity = Prisma.defineExtension((client) =>
  client.$extends({
    name: 'row level security',
    query: {
      $allModels: {
        async $allOperations({ args, query }) {
          const [, result] = await client.$transaction([
            client.$executeRaw`SELECT set_config('app.workspace', '1', true)`,
            query(args),
          ])
          return result
        },
      },
    },
  }),
)

/** Answers without a query what it has answered before. */
function cache(): Extension {
  const answers = new Map<string, unknown>()
  return Prisma.defineExtension({
    name: 'cache',
    query: {
      $allModels: {
        async findMany({ model, args, query }) {
          const key = JSON.stringify([model, args])
          if (!answers.has(key)) answers.set(key, await query(args))
          return answers.get(key) as Awaited<ReturnType<typeof query>>
        },
      },
    },
  })
}

interface Neighbour {
  readonly name: string
  readonly make: () => Extension
  /** What of the operations is not as it is without the neighbour. */
  readonly before: Numbers['operations']
  readonly after: Numbers['operations']
  /** Rows told from the operations, where they are not those that were written. */
  readonly mistaken?: { readonly before: Numbers['rows']; readonly after: Numbers['rows'] }
}

const alone = {
  'JobRun.create': 4,
  'JobRun.findMany': 2,
  'JobRun.delete': 1,
  'JobRun.update': 1,
}

const neighbours: readonly Neighbour[] = [
  {
    name: 'soft delete',
    make: () => softDelete,
    // Behind it, the metrics see neither the delete nor the update that it runs on its own client.
    before: { 'JobRun.delete': 0 },
    after: { 'JobRun.update': 2 },
    mistaken: { before: { inserts: 3 }, after: { inserts: 3, updates: 1, deletes: 1 } },
  },
  {
    name: 'retry',
    make: () => retry,
    before: { 'JobRun.update': 3 },
    after: {},
  },
  {
    name: 'row level security',
    make: () => rowLevelSecurity,
    before: {},
    after: { '$raw.$executeRaw': 8 },
  },
  {
    name: 'a cache',
    make: cache,
    before: { 'JobRun.findMany': 1 },
    after: {},
  },
]

const cases = neighbours.flatMap((neighbour) =>
  (['before', 'after'] as const).map((order) => ({ ...neighbour, order })),
)

describe.each(cases)('$name $order the metrics', ({ make, order, mistaken, ...counts }) => {
  test.each(['statements', 'operations'] as const)('rows from %s', async (source) => {
    const observed = await observe()
    const client = source === 'statements' ? observed.prisma : observed.bare
    const extended =
      order === 'before'
        ? asClient(client.$extends(make())).$extends(observed.metrics.extension)
        : client.$extends(observed.metrics.extension).$extends(make())
    // An extension that is made with defineExtension says nothing of the client's models.
    await program(extended as PrismaClient)

    const { operations, rows } = await observed.numbers('JobRun')
    const expected = Object.entries({ ...alone, ...counts[order] }).filter(([, count]) => count > 0)
    expect(operations).toEqual(Object.fromEntries(expected))
    const { insert, update, delete: deleted } = (await observed.database.audit())['job_runs'] ?? {}
    const written = { inserts: insert, updates: update, deletes: deleted }
    const truth = Object.fromEntries(Object.entries(written).filter(([, count]) => count !== 0))
    expect(rows).toEqual(source === 'operations' && mistaken ? mistaken[order] : truth)
  })
})

/** Four creates of which one is rolled back, two reads, a delete and an update that fails. */
async function program(prisma: PrismaClient): Promise<void> {
  const { id } = await prisma.jobRun.create({ data: { name: 'nightly' } })
  await prisma.jobRun.findMany()
  await prisma.jobRun.findMany()
  await prisma.jobRun.delete({ where: { id } })
  await expect(
    prisma.jobRun.update({ where: { id: 999 }, data: { name: 'nowhere' } }),
  ).rejects.toMatchObject({ code: 'P2025' })
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.jobRun.create({ data: { name: 'undone' } })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await prisma.$transaction([
    prisma.jobRun.create({ data: { name: 'first' } }),
    prisma.jobRun.create({ data: { name: 'second' } }),
  ])
}
