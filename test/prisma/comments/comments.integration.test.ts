import { expect, test } from 'vitest'
import { prismaMetrics, type SlowOperation } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { createSubject, instrumentedClient, type Subject } from '../subject.ts'

/** The statements of each operation, as `onSlow` receives them: each operation is slow. */
async function commented(): Promise<{
  readonly subject: Subject
  readonly prisma: ReturnType<typeof instrumentedClient>
  readonly reports: SlowOperation[]
}> {
  const reports: SlowOperation[] = []
  const subject = await createSubject({
    migrations: false,
    slowOperation: { seconds: 0, intervalSeconds: 0, onSlow: (report) => reports.push(report) },
  })
  const prisma = instrumentedClient(subject, {}, { comments: [subject.metrics.comments] })
  return { subject, prisma, reports }
}

const counted = async ({ registry }: Subject): Promise<Record<string, number>> => {
  const { values } = (await registry
    .getSingleMetric('prisma_operation_statements_total')
    ?.get()) ?? { values: [] }
  return Object.fromEntries(
    values.map(({ labels, value }) => [`${labels['model']}.${labels['operation']}`, value]),
  )
}

test('attributes nested writes, includes, merged and raw operations', async () => {
  const { subject, prisma, reports } = await commented()

  await prisma.workspace.create({
    data: {
      slug: 'a',
      name: 'A',
      alerts: { create: [{ title: 'one', tags: { create: [{ name: 't' }] } }] },
    },
  })
  await prisma.workspace.findMany({ include: { alerts: { include: { tags: true } } } })
  await Promise.all(['a', 'b', 'c'].map((slug) => prisma.workspace.findUnique({ where: { slug } })))
  await prisma.alert.count()
  await prisma.alert.aggregate({ _count: true })
  await prisma.$queryRaw`SELECT 1 AS one`
  await prisma.$queryRawUnsafe('SELECT 2 AS two -- end')
  await prisma.$executeRaw`UPDATE "Tag" SET name = name;`

  const sent = subject.sql.filter((sql) => !/^(BEGIN|COMMIT)/.test(sql))
  const counts = await counted(subject)
  expect(Object.keys(counts).toSorted()).toEqual([
    '$raw.$executeRaw',
    '$raw.$queryRaw',
    '$raw.$queryRawUnsafe',
    'Alert.aggregate',
    'Alert.count',
    'Workspace.create',
    'Workspace.findMany',
    'Workspace.findUnique',
  ])
  expect(counts['Workspace.findUnique']).toBe(1)
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(sent.length)
  expect(sent.filter((sql) => sql.includes('/*'))).toEqual([])
  const create = reports.find(({ operation }) => operation === 'create')
  expect(create?.statements?.map(({ sql }) => sql.split(' (')[0])).toEqual(
    expect.arrayContaining([
      'INSERT INTO "public"."Workspace"',
      'INSERT INTO "public"."Alert"',
      'INSERT INTO "public"."Tag"',
    ]),
  )
  const seconds = (await snapshot(subject.registry)).value(
    'prisma_operation_statement_seconds_total',
    { model: 'Workspace', operation: 'create' },
  )
  const own = create?.statements?.reduce((sum, { seconds: each }) => sum + each, 0) ?? 0
  expect(own).toBeCloseTo(seconds, 6)
  expect(own).toBeLessThan(create?.durationSeconds ?? 0)
})

test('reports the statements of parallel operations with their own rows', async () => {
  const { prisma, reports } = await commented()
  await prisma.tag.createMany({ data: [1, 2, 3, 4, 5].map((name) => ({ name: `tag ${name}` })) })
  reports.length = 0

  await Promise.all([1, 2, 3].map((take) => prisma.tag.findMany({ take })))

  const rows = reports.map(({ statements }) => statements?.map((statement) => statement.rows))
  expect(rows).toHaveLength(3)
  expect(rows).toEqual(expect.arrayContaining([[1], [2], [3]]))
})

test('reports no statements of operations that cannot be distinguished', async () => {
  const { subject, prisma, reports } = await commented()

  await prisma.$transaction([
    prisma.tag.create({ data: { name: 'a' } }),
    prisma.tag.create({ data: { name: 'b' } }),
    prisma.$queryRaw`SELECT 1 AS one`,
    prisma.$queryRawUnsafe('SELECT 2 AS two'),
  ])

  expect(reports.map(({ statements }) => statements)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  const counts = await counted(subject)
  expect(counts['$raw.$shared']).toBe(2)
  expect(counts['Tag.create']).toBeGreaterThanOrEqual(2)
})

test('keeps results, errors and the comments of other plugins', async () => {
  const subject = await createSubject({ migrations: false })
  const prisma = instrumentedClient(
    subject,
    {},
    { comments: [() => ({ app: "it's" }), subject.metrics.comments, () => ({ zone: 'a,b' })] },
  )

  const first = await prisma.tag.create({ data: { name: `'*/ /*!50000 x` } })
  const error = await prisma.tag
    .create({ data: { name: `'*/ /*!50000 x` } })
    .catch((caught: unknown) => caught)

  expect(await prisma.tag.findMany()).toEqual([first])
  expect(error).toMatchObject({ code: 'P2002' })
  const inserts = subject.sql.filter((sql) => sql.startsWith('INSERT'))
  expect(inserts).toHaveLength(2)
  for (const sql of inserts) expect(sql).toMatch(/ \/\*app='it\\'s',zone='a%2Cb'\*\/$/)
})

test('keeps static tags in the SQL', async () => {
  const subject = await createSubject({ migrations: false })
  const { metrics } = subject
  const tags = { application: 'shop', version: '1.2.3-rc/4' }
  const prisma = instrumentedClient(subject, {}, { comments: [metrics.commentsWith({ tags })] })

  const [activity] = await prisma.$queryRaw<{ query: string }[]>`
    SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND ${1}::int + ${2}::int = ${3}::int`

  expect(activity?.query).toMatch(/ \/\*application='shop',version='1\.2\.3-rc%2F4'\*\/$/)
  expect(await counted(subject)).toEqual({ '$raw.$queryRaw': 1 })
})

test('sends only few different texts, whatever the number of operations', async () => {
  const { subject, prisma } = await commented()
  for (let id = 0; id < 50; id++) {
    await prisma.tag.findMany({ where: { id } })
    await prisma.tag.findFirst({ where: { name: `tag ${id}` } })
  }
  expect(new Set(subject.sql).size).toBe(2)
})

test.each([
  [{ tags: { '!50000 x': 'a' } }, 'a key: expected lower-case letters'],
  [{ tags: { 'a*/': 'a' } }, 'a key: expected lower-case letters'],
  [{ tags: { prisma_prometheus: 'a' } }, 'a key: expected lower-case letters'],
  [{ tags: { app: "it's" } }, 'app: expected a value of ASCII letters'],
  [{ tags: { app: '*/' } }, 'app: expected a value of ASCII letters'],
  [{ tags: { app: '' } }, 'app: expected a value of ASCII letters'],
  [{ tags: { app: 'a'.repeat(95) } }, 'expected at most 100 characters, got "101"'],
  [{ tags: { app: 7 } }, 'expected an object of key to value'],
  [{}, 'expected an object of key to value'],
])('refuses the tags %o', (options, message) => {
  const metrics = prismaMetrics({ client: 'tags', eventLoopDelay: false })
  try {
    expect(() => metrics.commentsWith(options as never)).toThrow(message)
  } finally {
    metrics.dispose()
  }
})

test('adds no comment if the adapter is not wrapped', async () => {
  const subject = await createSubject({ migrations: false })
  const { PrismaClient } = await import('../../../prisma/generated/client.ts')
  const prisma = subject.client(
    new PrismaClient({ adapter: subject.adapter(), comments: [subject.metrics.comments] }),
  )
  await prisma.$extends(subject.metrics.extension).tag.findMany()

  expect(subject.sql.filter((sql) => sql.includes('/*'))).toEqual([])
})
