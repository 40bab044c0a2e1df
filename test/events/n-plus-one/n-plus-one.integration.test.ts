import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Prisma } from '../../../prisma/generated/client.ts'
import type { NPlusOneSuspect, PrismaMetricsOptions } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { type Connected, connect } from '../connect.ts'

interface Suspecting extends Connected {
  readonly suspects: NPlusOneSuspect[]
}

async function suspecting(options: PrismaMetricsOptions['nPlusOne'] = {}): Promise<Suspecting> {
  const suspects: NPlusOneSuspect[] = []
  const onSuspect = (suspect: NPlusOneSuspect): void => {
    suspects.push(suspect)
  }
  return { ...(await connect({ nPlusOne: { onSuspect, ...options } })), suspects }
}

const tick = promisify(process.nextTick)

const ids = (count: number): number[] => Array.from({ length: count }, (_, id) => id)

test('suspects ten calls with one fingerprint in a scope, but not nine', async () => {
  const { prisma, metrics, registry, suspects } = await suspecting()
  const list = (count: number) => async (): Promise<void> => {
    for (const id of ids(count))
      await prisma.tag.findFirst({ where: { id }, select: { name: true } })
    for (const id of ids(9)) await prisma.tag.findMany({ where: { id } })
    await prisma.tag.findFirst({ where: { name: 'a' }, select: { name: true } })
  }

  await metrics.scope('nine', list(9))
  await metrics.scope('ten', list(10))

  expect(suspects).toEqual([
    {
      scope: 'ten',
      model: 'Tag',
      operation: 'findFirst',
      fingerprint: '{ where: { id: ? }, select: { name: ? } }',
      count: 10,
      kind: 'loop',
      seconds: expect.any(Number),
      stack: expect.stringContaining('n-plus-one.integration.test.ts'),
      statements: undefined,
    },
  ])
  const now = await snapshot(registry)
  const suspect = { scope: 'ten', model: 'Tag', operation: 'findFirst' }
  expect(now.value('prisma_n_plus_one_suspects_total')).toBe(1)
  expect(now.value('prisma_n_plus_one_suspects_total', suspect)).toBe(1)
})

test('does not suspect calls outside scopes or spread over several scopes', async () => {
  const { prisma, metrics, suspects } = await suspecting()

  for (const id of ids(20)) await prisma.tag.findFirst({ where: { id } })
  for (const id of ids(20))
    await metrics.scope('item', () => prisma.tag.findFirst({ where: { id } }))
  // A nested scope says that it is a unit of its own.
  await metrics.scope('all', async () => {
    for (const id of ids(20))
      await metrics.scope('item', () => prisma.tag.findFirst({ where: { id } }))
  })

  expect(suspects).toEqual([])
})

test('suspects each fingerprint once, including writes, raw SQL and failures', async () => {
  const { prisma, metrics, suspects } = await suspecting({ threshold: 3 })

  await metrics.scope('job', async () => {
    for (const id of ids(3)) {
      await prisma.tag.create({ data: { name: `t${id}` } })
      await prisma.tag.update({ where: { id: id + 100 }, data: { name: 'x' } }).catch(() => {})
      await prisma.tag.findMany({ where: { id: { in: ids(id + 1) } } })
      await prisma.tag.findMany({ where: { OR: [{ id }, { name: 'a' }] } })
      await prisma.$queryRaw`SELECT ${id}::int`
      await prisma.$executeRawUnsafe(`UPDATE "Tag" SET name = 'n${id}' WHERE id = ${id + 500}`)
    }
  })

  expect(
    suspects.map(({ model, operation, fingerprint, count }) => ({
      model,
      operation,
      fingerprint,
      count,
    })),
  ).toMatchInlineSnapshot(`
    [
      {
        "count": 3,
        "fingerprint": "{ data: { name: ? } }",
        "model": "Tag",
        "operation": "create",
      },
      {
        "count": 3,
        "fingerprint": "{ where: { id: ? }, data: { name: ? } }",
        "model": "Tag",
        "operation": "update",
      },
      {
        "count": 3,
        "fingerprint": "{ where: { id: { in: [?] } } }",
        "model": "Tag",
        "operation": "findMany",
      },
      {
        "count": 3,
        "fingerprint": "{ where: { OR: [{ id: ? }, { name: ? }] } }",
        "model": "Tag",
        "operation": "findMany",
      },
      {
        "count": 3,
        "fingerprint": "SELECT ?::int",
        "model": "$raw",
        "operation": "$queryRaw",
      },
      {
        "count": 3,
        "fingerprint": "UPDATE ? SET name = ? WHERE id = ?",
        "model": "$raw",
        "operation": "$executeRawUnsafe",
      },
    ]
  `)
})

test('passes no stack for raw operations', async () => {
  const { prisma, metrics, suspects } = await suspecting({ threshold: 2 })

  await metrics.scope('job', async () => {
    await prisma.$queryRaw`SELECT 1`
    await prisma.$queryRaw`SELECT 1`
  })

  expect(suspects[0]).toHaveProperty('stack', undefined)
})

test('ignores the length of lists in fingerprints', async () => {
  const { prisma, metrics, suspects } = await suspecting({ threshold: 4 })

  await metrics.scope('job', async () => {
    await Promise.all([
      prisma.tag.findMany({ where: { id: { in: [1] } } }),
      prisma.tag.findMany({ where: { id: { in: [1, 2, 3] } }, take: undefined as never }),
    ])
    await setImmediate()
    await prisma.$transaction((tx) => tx.tag.findMany({ where: { id: { in: [] } } }))
    await prisma.tag.findMany({ where: { id: { in: [2] } } })
    await prisma.tag.findMany({ where: { id: { in: [3] } } })
  })

  // An empty list has a structure of its own.
  expect(suspects).toMatchObject([{ count: 4, fingerprint: '{ where: { id: { in: [?] } } }' }])
})

test('counts findUnique once per sent query', async () => {
  const { prisma, metrics, registry, suspects } = await suspecting({ threshold: 2 })
  await prisma.workspace.createMany({ data: ids(12).map((id) => ({ slug: `w${id}`, name: 'W' })) })
  const cases: Record<string, (id: number) => PromiseLike<unknown>> = {
    id: (id) => prisma.workspace.findUnique({ where: { id } }),
    'unique field': (id) => prisma.workspace.findUniqueOrThrow({ where: { slug: `w${id}` } }),
    'compound key': (id) =>
      prisma.dataSource.findUnique({ where: { workspaceId_name: { workspaceId: id, name: 'a' } } }),
    'compound key in another order': (id) =>
      prisma.dataSource.findUnique({ where: { workspaceId_name: { name: 'a', workspaceId: id } } }),
    'two equalities': (id) => prisma.workspace.findUnique({ where: { id, name: 'W' } }),
    'an equality in words': (id) =>
      prisma.workspace.findUnique({ where: { id, name: { equals: 'W' } } }),
    'a filter': (id) => prisma.workspace.findUnique({ where: { id, name: { contains: 'W' } } }),
    'a relation': (id) =>
      prisma.workspace.findUnique({ where: { id, alerts: { none: {} } }, select: { id: true } }),
    'a list of filters': (id) =>
      prisma.workspace.findUnique({ where: { id, OR: [{ name: 'W' }] } }),
    select: (id) => prisma.workspace.findUnique({ where: { id }, select: { name: true } }),
    'selecting in one way or another': (id) =>
      prisma.workspace.findUnique({ where: { id }, select: { id: true, name: id > 2 } }),
    'omitting one thing or another': (id) =>
      prisma.workspace.findUnique({ where: { id }, omit: { name: true, slug: id === 5 } }),
    findFirst: (id) => prisma.workspace.findFirst({ where: { id } }),
  }
  const selects = async (): Promise<number> => {
    const now = await snapshot(registry)
    return now.value('prisma_statement_duration_seconds_count', { statement: 'select' })
  }
  await prisma.workspace.findMany()
  const sent: Record<string, number> = {}
  const counted: Record<string, number> = {}

  for (const [name, call] of Object.entries(cases)) {
    const before = await selects()
    suspects.length = 0
    await metrics.scope(name, async () => {
      await Promise.all(ids(6).map((id) => call(id)))
      // Later and later, by microtasks and by ticks.
      for (const turn of [() => Promise.resolve(), () => tick(), () => setImmediate()]) {
        await Promise.all(
          ids(6).map(async (id) => {
            for (let turns = id; turns > 0; turns--) await turn()
            await call(id)
          }),
        )
      }
    })
    sent[name] = (await selects()) - before
    counted[name] = suspects[0]?.count ?? 0
  }

  expect(counted).toEqual(sent)
  expect(sent).toMatchObject({ id: 14, 'compound key': 14, 'a filter': 24, findFirst: 24 })
})

test('counts merged findUnique calls as one only if they select the same fields', async () => {
  const { prisma, metrics, suspects } = await suspecting({ threshold: 2 })
  const find = (id: number, take: number): Prisma.PrismaPromise<unknown> =>
    prisma.workspace.findUnique({ where: { id }, select: { alerts: { take } } })

  await metrics.scope('same', () => Promise.allSettled(ids(6).map((id) => find(id, 3))))
  await metrics.scope('values', () => Promise.allSettled(ids(6).map((id) => find(id, id))))
  await metrics.scope('one', () =>
    Promise.allSettled(ids(6).map((id) => find(id, id === 4 ? 1 : 2))),
  )
  await metrics.scope('array', () =>
    prisma.$transaction([
      prisma.tag.findFirst(),
      ...ids(6).map((id) => prisma.workspace.findUnique({ where: { id } })),
    ]),
  )

  expect(suspects.map(({ scope, count }) => [scope, count])).toEqual([
    ['values', 6],
    ['one', 6],
    ['array', 6],
  ])
  expect(suspects[1]?.stack).toContain('n-plus-one.integration')
})

test('can be turned off', async () => {
  const { prisma, metrics, registry } = await connect({ nPlusOne: false })

  await metrics.scope('job', async () => {
    for (const id of ids(20)) await prisma.tag.findFirst({ where: { id } })
  })

  expect((await snapshot(registry)).value('prisma_n_plus_one_suspects_total')).toBe(0)
})

test('reports a failing onSuspect without affecting the query', async () => {
  const { prisma, metrics, registry, errors } = await connect({
    nPlusOne: {
      threshold: 2,
      onSuspect: () => {
        throw new Error('no')
      },
    },
  })

  const count = await metrics.scope('job', async () => {
    await prisma.tag.count()
    return prisma.tag.count()
  })

  expect(count).toBe(0)
  expect(errors).toEqual([new Error('no')])
  const now = await snapshot(registry)
  expect(now.value('prisma_event_handler_errors_total', { model: '$onSuspect' })).toBe(1)
  // Those are this package's own.
  expect(now.value('prisma_instrumentation_errors_total')).toBe(0)
})

test('keeps a bounded number of fingerprints per operation in a scope', async () => {
  const { prisma, metrics, suspects } = await suspecting({ threshold: 2 })

  await metrics.scope('job', async () => {
    for (const id of ids(110)) {
      const sql = Prisma.raw(`SELECT 1 AS "column_${id}"`)
      await Promise.all([prisma.$queryRaw(sql), prisma.$queryRaw(sql)])
    }
  })

  expect(suspects).toHaveLength(100)
  expect(suspects.at(-1)?.fingerprint).toBe('SELECT ? AS "column_99"')
})

test('counts other calls beside an unbounded number of argument names', async () => {
  const { prisma, metrics, suspects } = await suspecting({ threshold: 15 })
  const find = (id: number): PromiseLike<unknown> => prisma.tag.findFirst({ where: { id } })
  let name = 0
  // They are no fields, so it fails, and counts all the same.
  const findOdd = (): PromiseLike<unknown> => {
    const where = Object.fromEntries(ids(600).map(() => [`name${name++}`, 1]))
    return prisma.tag.findFirst({ where }).catch(() => {})
  }

  await metrics.scope('job', async () => {
    for (const odd of [0, 20]) {
      for (const id of ids(12)) await find(id)
      for (const _ of ids(odd)) await findOdd()
      await metrics.scope('other', async () => {
        for (const _ of ids(12)) await findOdd()
      })
    }
    for (const id of ids(12)) await find(id)
  })
  await metrics.scope('next', async () => {
    for (const id of ids(15)) await find(id)
  })

  expect(suspects.map(({ scope, count }) => [scope, count])).toEqual([
    ['job', 36],
    ['next', 15],
  ])
})

test('rejects invalid thresholds', async () => {
  await expect(connect({ nPlusOne: { threshold: 1 } })).rejects.toThrow(
    'prisma-prometheus: nPlusOne.threshold: expected an integer of at least 2, got 1',
  )
  await expect(connect({ nPlusOne: { onSuspect: 'log' as never } })).rejects.toThrow(
    'nPlusOne.onSuspect: expected a function, got "log"',
  )
  await expect(connect({ nPlusOne: true as never })).rejects.toThrow(
    'nPlusOne: expected an object or false, got true',
  )
  await expect(connect({ nPlusOne: { treshold: 3 } as never })).rejects.toThrow(
    'prisma-prometheus: nPlusOne: expected only threshold, seconds, allow, onSuspect, got "treshold"',
  )
})
