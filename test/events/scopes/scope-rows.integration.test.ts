import { setImmediate as nextIteration } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Random } from '../../truth/random.ts'
import { truthSeeds } from '../../truth/seeds.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { type Connected, connect, gate } from '../connect.ts'

interface Rows {
  readonly scope: string
  readonly action: string
  readonly outcome: string
  readonly rows: number
}

async function scopeRows({ registry }: Connected): Promise<Rows[]> {
  const family = registry.getSingleMetric('prisma_scope_rows_total')
  const { values } = (await family?.get()) ?? { values: [] }
  return values
    .map(({ labels, value }) => ({
      scope: String(labels['scope']),
      action: String(labels['action']),
      outcome: String(labels['outcome']),
      rows: value,
    }))
    .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
}

test('counts the rows of a scope by action and outcome', async () => {
  const connected = await connect()
  const { prisma, metrics } = connected

  await metrics.scope('import', async () => {
    await prisma.workspace.create({
      data: { slug: 'a', name: 'A', alerts: { create: [{ title: 'one' }, { title: 'two' }] } },
    })
    await prisma.workspace.updateMany({ data: { name: 'B' } })
    await prisma.workspace.deleteMany({ where: { id: 0 } })
  })
  await metrics
    .scope('undo', () =>
      prisma.$transaction(async (tx) => {
        await tx.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
        throw new Error('undo')
      }),
    )
    .catch(() => undefined)
  await prisma.tag.create({ data: { name: 'outside' } })

  expect(await scopeRows(connected)).toEqual([
    { scope: 'import', action: 'insert', outcome: 'commit', rows: 3 },
    { scope: 'import', action: 'update', outcome: 'commit', rows: 1 },
    { scope: 'undo', action: 'insert', outcome: 'rollback', rows: 2 },
  ])
})

test('counts arrays of two scopes in one tick under $shared, unless one is alone by then', async () => {
  const connected = await connect()
  const { prisma, metrics } = connected
  const job = (name: string): Promise<unknown> =>
    metrics.scope(name, () =>
      prisma.$transaction([
        prisma.tag.create({ data: { name: `${name} 1` } }),
        prisma.tag.create({ data: { name: `${name} 2` } }),
      ]),
    )

  await Promise.all([job('a'), job('b')])
  await job('c')
  // A findUnique that is first in its tick lends its context to the array behind it.
  await Promise.all([
    metrics.scope('read', () => prisma.tag.findUnique({ where: { name: 'a 1' } })),
    job('d'),
  ])

  const rows = new Map((await scopeRows(connected)).map((one) => [one.scope, one.rows]))
  expect(rows.get('c')).toBe(2)
  expect([...rows.values()].reduce((sum, each) => sum + each, 0)).toBe(8)
  // A statement is its scope's own if no other array is in progress any more, so also the second of two.
  for (const scope of ['a', 'b', 'd']) expect([undefined, 1, 2]).toContain(rows.get(scope))
  expect(rows.get('$shared')).toBeGreaterThanOrEqual(2)
})

test('attributes the rows of interactive transactions in one tick exactly', async () => {
  const connected = await connect()
  const { prisma, metrics } = connected
  const all = gate()
  let begun = 0
  const job = (name: string): Promise<unknown> =>
    metrics.scope(name, () =>
      prisma.$transaction(async (tx) => {
        begun += 1
        if (begun === 3) all.open()
        await all.passed
        await tx.tag.create({ data: { name: `${name} 1` } })
        await Promise.all([
          tx.tag.create({ data: { name: `${name} 2` } }),
          tx.tag.create({ data: { name: `${name} 3` } }),
        ])
      }),
    )

  await Promise.all([job('a'), job('b'), job('c')])

  const expected = ['a', 'b', 'c'].map((scope) => ({
    scope,
    action: 'insert',
    outcome: 'commit',
    rows: 3,
  }))
  expect(await scopeRows(connected)).toEqual(expected)
})

test('attributes an array that failed before it was sent to no later statement', async () => {
  const connected = await connect()
  const { prisma, metrics } = connected
  const broken = prisma.$extends({
    query: {
      tag: {
        create: () => {
          throw new Error('not sent')
        },
      },
    },
  })

  await metrics
    .scope('broken', () =>
      broken.$transaction([
        broken.workspace.create({ data: { slug: 'a', name: 'A' } }),
        broken.tag.create({ data: { name: 'a' } }),
      ]),
    )
    .catch(() => undefined)
  await metrics.scope('after', () => prisma.tag.create({ data: { name: 'b' } }))

  expect(await scopeRows(connected)).toContainEqual({
    scope: 'after',
    action: 'insert',
    outcome: 'commit',
    rows: 1,
  })
})

test('counts the rows of operations without a wrapped adapter', async () => {
  const connected = await connect({ statements: false })
  const { prisma, metrics } = connected

  await metrics.scope('job', async () => {
    await prisma.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
    await prisma
      .$transaction(async (tx) => {
        await tx.tag.deleteMany()
        throw new Error('undo')
      })
      .catch(() => undefined)
  })

  expect(await scopeRows(connected)).toEqual([
    { scope: 'job', action: 'delete', outcome: 'rollback', rows: 2 },
    { scope: 'job', action: 'insert', outcome: 'commit', rows: 2 },
  ])
})

test.for(truthSeeds(7))(
  'counts every committed row of a random program for its scope or under $$shared (TRUTH_SEED=%i)',
  async (seed) => {
    const connected = await connect()
    const { prisma, metrics, database } = connected
    const random = new Random(seed)
    let number = 0
    const data = (scope: string): { name: string } => ({ name: `${scope} ${(number += 1)}` })

    const kinds: readonly ((scope: string) => Promise<unknown>)[] = [
      (scope) => prisma.tag.create({ data: data(scope) }),
      (scope) => prisma.tag.createMany({ data: [data(scope), data(scope)] }),
      (scope) => prisma.tag.findUnique({ where: { name: `${scope} 1` } }),
      (scope) => prisma.$executeRaw`INSERT INTO "Tag" (name) VALUES (${data(scope).name})`,
      (scope) =>
        prisma.$transaction([
          prisma.tag.create({ data: data(scope) }),
          prisma.tag.create({ data: data(scope) }),
        ]),
      (scope) =>
        prisma.$transaction(async (tx) => {
          await tx.tag.create({ data: data(scope) })
          await nextIteration()
          await Promise.all([
            tx.tag.create({ data: data(scope) }),
            tx.tag.findUnique({ where: { name: `${scope} 2` } }),
          ])
        }),
    ]
    const scope = (name: string): Promise<unknown> =>
      metrics.scope(name, async () => {
        for (let at = 0; at < 5; at++) {
          await random.pick(kinds)(name)
        }
      })
    for (let round = 0; round < 10; round++) {
      await Promise.all(['a', 'b', 'c'].map(scope))
    }

    const written = await database.query<{ scope: string; rows: string }>(
      `SELECT split_part(name, ' ', 1) AS scope, count(*) AS rows FROM "Tag" GROUP BY 1`,
    )
    const counted = await scopeRows(connected)
    const of = (name: string): number =>
      counted.find(({ scope: found }) => found === name)?.rows ?? 0
    const total = written.reduce((sum, { rows }) => sum + Number(rows), 0)
    expect(counted.reduce((sum, { rows }) => sum + rows, 0)).toBe(total)
    for (const { scope: name, rows } of written) {
      expect(of(name)).toBeLessThanOrEqual(Number(rows))
      expect(of(name)).toBeGreaterThan(0)
    }
    expect((await snapshot(connected.registry)).value('prisma_instrumentation_errors_total')).toBe(
      0,
    )
  },
)
