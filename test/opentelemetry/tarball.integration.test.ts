import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { snippets } from '../docs/pages.ts'
import { projectRoot } from '../package/project-root.ts'
import { run } from '../package/run.ts'
import { packTarball } from '../package/tarball.ts'
import { createDatabase } from '../support/database/database.ts'
import { startReceiver } from './otlp/receiver.ts'

const neighbours = [
  '@prisma/client',
  '@prisma/adapter-pg',
  'prom-client',
  '@opentelemetry/api',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/exporter-metrics-otlp-http',
]

/** A project of a user's own, which knows the package from its tarball only. */
async function createProject(): Promise<string> {
  const tarball = await packTarball()
  const project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-opentelemetry-'))
  onTestFinished(() => rm(project, { recursive: true, force: true }))
  const manifest = await readFile(join(projectRoot, 'package.json'), 'utf8')
  const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> }
  await writeFile(join(project, 'package.json'), '{"private":true,"type":"module"}')
  const packages = neighbours.map((name) => `${name}@${devDependencies[name]}`)
  const quietly = [
    '--prefer-offline',
    '--ignore-scripts',
    '--strict-peer-deps',
    '--no-audit',
    '--no-fund',
  ]
  await run(project, 'npm', 'install', ...quietly, tarball.path, ...packages)
  await cp(join(projectRoot, 'prisma/generated'), join(project, 'generated'), { recursive: true })
  return project
}

test('the twelve lines of the page send db.client.operation.duration from the tarball', async () => {
  const example = snippets.find(
    ({ page, language }) => page === 'docs/opentelemetry.md' && language === 'ts',
  )
  const { code = '' } = example ?? {}
  expect(
    code
      .trim()
      .split('\n')
      .filter((line) => line !== ''),
  ).toHaveLength(12)
  const project = await createProject()
  await using database = await createDatabase()
  await using receiver = await startReceiver()
  await writeFile(
    join(project, 'metrics.ts'),
    `import { PrismaPg } from '@prisma/adapter-pg'
     import { PrismaClient } from './generated/client.ts'
     const connectionString = process.env.DATABASE_URL
     ${code}`,
  )
  await writeFile(
    join(project, 'main.ts'),
    `import { flush } from 'prisma-prometheus/opentelemetry'
     import { prisma, reader } from './metrics.ts'
     await prisma.tag.create({ data: { name: 'a' } })
     await prisma.tag.findMany()
     await prisma.tag.findMany()
     await flush(reader)
     await prisma.$disconnect()`,
  )
  process.env['DATABASE_URL'] = database.url
  process.env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] = receiver.url
  onTestFinished(() => {
    delete process.env['DATABASE_URL']
    delete process.env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT']
  })
  const tsx = join(projectRoot, 'node_modules/tsx/dist/cli.mjs')
  await run(project, process.execPath, tsx, 'main.ts')

  const { ledger, requests } = receiver
  expect(requests).toHaveLength(1)
  expect(ledger.violations).toEqual([])
  const operations = ledger
    .points('db.client.operation.duration')
    .map(({ attributes, count }) => [
      attributes['db.collection.name'],
      attributes['db.operation.name'],
      attributes['db.system.name'],
      count,
    ])
  expect(operations).toEqual([
    ['Tag', 'create', 'postgresql', 1],
    ['Tag', 'findMany', 'postgresql', 2],
  ])
  const pool = ledger.points('db.client.connection.max')
  expect(pool).toMatchObject([
    {
      kind: 'updowncounter',
      value: 10,
      attributes: { 'db.client.connection.pool.name': 'default' },
    },
  ])
}, 180_000)
