import { Registry } from 'prom-client'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Prisma } from '../../prisma/generated/client.ts'
import { prismaMetrics, type PrismaMetrics } from '../../src/index.ts'
import {
  type RunnableDatabase,
  runnableDatabases,
  stopMariadb,
} from '../prisma/databases/runnable.ts'
import { asClient } from '../support/as-client.ts'
import type { Writes } from '../support/database/database.ts'
import { truthSeeds } from '../truth/seeds.ts'
import * as dialects from './dialects.ts'
import { RandomProgram } from './random-program.ts'

afterAll(stopMariadb)

const untouched = { insert: 0, update: 0, delete: 0, upsert: 0 }

/** Adds up, from events alone, what was committed. */
function tally(metrics: PrismaMetrics<Prisma.TypeMap>): {
  readonly tables: Record<string, Record<keyof typeof untouched, number>>
  readonly tags: string[]
} {
  const tables = {
    Alert: { ...untouched },
    Tag: { ...untouched },
    Workspace: { ...untouched },
    job_runs: { ...untouched },
  }
  const tags: string[] = []
  const { Alert, Tag, Workspace, job_runs: jobs } = tables
  const noteTag = (name: string | undefined): void => {
    Tag.insert += 1
    tags.push(String(name))
  }
  metrics.on('Tag', 'create', ({ result }) => noteTag(result.name))
  metrics.on('Tag', 'createManyAndReturn', ({ result }) => {
    for (const { name } of result) noteTag(name)
  })
  metrics.on('Tag', 'createMany', ({ args }) => {
    for (const { name } of [args.data].flat()) noteTag(name)
  })
  metrics.on('Alert', 'create', () => (Alert.insert += 1))
  metrics.on('Workspace', 'create', () => (Workspace.insert += 1))
  metrics.on('Workspace', 'update', () => (Workspace.update += 1))
  metrics.on('Workspace', 'upsert', () => (Workspace.upsert += 1))
  metrics.on('JobRun', ['create', 'delete'], ({ operation }) => {
    jobs[operation === 'create' ? 'insert' : 'delete'] += 1
  })
  metrics.on('JobRun', 'createMany', ({ result }) => (jobs.insert += result.count))
  metrics.on('JobRun', 'updateMany', ({ result }) => (jobs.update += result.count))
  metrics.on('JobRun', 'updateManyAndReturn', ({ result }) => (jobs.update += result.length))
  metrics.on('JobRun', 'deleteMany', ({ result }) => (jobs.delete += result.count))
  metrics.on('$raw', '$executeRaw', ({ args, result }) => {
    if ((args as { sql: string }).sql.startsWith('INSERT')) jobs.insert += result
  })
  return { tables, tags }
}

/** The audit as the events can tell it: an upsert is an insert or an update. */
function merged(tables: ReturnType<typeof tally>['tables']): Writes {
  return Object.fromEntries(
    Object.entries(tables).map(([table, { insert, update, upsert, delete: deleted }]) =>
      table === 'Workspace'
        ? [table, { insert: 0, update: insert + update + upsert, delete: deleted }]
        : [table, { insert, update, delete: deleted }],
    ),
  )
}

async function expectAgreement(
  kind: RunnableDatabase,
  dialect: dialects.Dialect,
  seed: number,
  { statements }: { statements: boolean },
): Promise<void> {
  const database = await kind.create()
  const errors: unknown[] = []
  const metrics = prismaMetrics<Prisma.TypeMap>({
    registry: new Registry(),
    onError: (error) => errors.push(error),
  })
  const adapter = database.adapter()
  const client = kind
    .connect({
      adapter: statements ? metrics.adapter(adapter) : adapter,
      // A busy machine shall time out nothing that is not meant to.
      transactionOptions: { maxWait: 30_000, timeout: 30_000 },
    })
    .$extends(metrics.extension)
  const beside = kind.connect({ adapter: database.adapter() })
  onTestFinished(async () => {
    await client.$disconnect()
    await beside.$disconnect()
    await database[Symbol.asyncDispose]()
  })
  const { tables, tags } = tally(metrics)
  const program = new RandomProgram(asClient(client), beside, dialect, seed)
  await program.prepare()

  for (let wave = 0; wave < 6; wave++)
    await Promise.all(Array.from({ length: 8 }, () => program.request(6)))

  const audit = await database.audit()
  const expected = Object.entries(tables).map(([table]) => {
    const { insert = 0, update = 0, delete: deleted = 0 } = audit[table] ?? {}
    return table === 'Workspace'
      ? [table, { insert: 0, update: insert + update, delete: deleted }]
      : [table, { insert, update, delete: deleted }]
  })
  expect(merged(tables)).toEqual(Object.fromEntries(expected))
  const rows = await beside.tag.findMany()
  expect(tags.toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
  expect(errors).toEqual([])
  // A program that commits nothing, or in which nothing goes wrong, would agree as well.
  expect(tags.length).toBeGreaterThan(50)
  expect([...program.mishaps].toSorted()).toEqual(dialect.mishaps.toSorted())
}

const programs = {
  Postgres: { dialect: dialects.postgres, seeds: [1, 2, 3], extensionSeeds: [4] },
  MariaDB: { dialect: dialects.mariadb, seeds: [7001], extensionSeeds: [7001] },
  SQLite: { dialect: dialects.sqlite, seeds: [1], extensionSeeds: [2] },
}

describe.each(await runnableDatabases())('$name', (kind) => {
  const { dialect, seeds, extensionSeeds } = programs[kind.name as keyof typeof programs]

  test.for(truthSeeds(...seeds))(
    'reports each committed operation once (TRUTH_SEED=%i)',
    { timeout: 300_000 },
    (seed) => expectAgreement(kind, dialect, seed, { statements: true }),
  )

  test.for(truthSeeds(...extensionSeeds))(
    'reports each committed operation once with the extension alone (TRUTH_SEED=%i)',
    { timeout: 300_000 },
    (seed) => expectAgreement(kind, dialect, seed, { statements: false }),
  )
})
