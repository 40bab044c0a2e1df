import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'
import { packTarball } from './tarball.ts'

/** What a NestJS project of today has: TypeScript 5, jest with ts-jest in CommonJS. */
const tools = ['typescript@5.9.3', 'jest@30.5.2', 'ts-jest@29.4.15', '@types/jest@30.0.0']

/** In the versions this project develops with. */
const neighbours = ['prom-client', '@prisma/client', '@prisma/adapter-libsql', '@types/node']

const application = `
import { createServer } from 'node:http'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import { Registry } from 'prom-client'
import { exposeMetrics, prismaMetrics } from 'prisma-prometheus'
import { PrismaClient } from './generated/client'

export const registry = new Registry()
const metrics = prismaMetrics({ registry })
const adapter = metrics.adapter(new PrismaLibSql({ url: 'file:' + __dirname + '/application.db' }))
export const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)
export const server = createServer(exposeMetrics(undefined, { registry }))
`

const applicationTest = `
import { AddressInfo } from 'node:net'
import { expectOperations } from 'prisma-prometheus/testing'
import { prisma, registry, server } from './application'

test('counts a row and serves it', async () => {
  await expectOperations(() => prisma.tag.create({ data: { name: 'a' } }), { registry }).toBe(1)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const body = await (await fetch('http://127.0.0.1:' + port + '/metrics')).text()
  server.close()
  server.closeAllConnections()
  await prisma.$disconnect()
  expect(body).toContain('prisma_model_inserts_total{client="default",model="Tag"} 1\\n')
})
`

/** Uses each entry point's types; compiled as every kind of module. */
const typed = `
import { createServer } from 'node:http'
import { Registry } from 'prom-client'
import { exposeMetrics, metricsResponse, prismaMetrics, type PrismaMetricsOptions } from 'prisma-prometheus'
import { prismaMetrics as prisma8Metrics } from 'prisma-prometheus/prisma-8'
import { expectOperations, snapshot } from 'prisma-prometheus/testing'

const registry = new Registry()
const options: PrismaMetricsOptions = { registry, client: 'main' }
const metrics = prismaMetrics(options)
createServer(exposeMetrics(undefined, { registry }))
export const response: Promise<Response> = metricsResponse(new Request('http://a/'), { registry })
export const operations: Promise<number> = expectOperations(() => 1, { registry }).toBe(1)
export const taken = snapshot(registry)
metrics.afterCommit(() => {})
prisma8Metrics({ registry, client: 'eight' }).afterCommit(() => {})

// @ts-expect-error: no such option
prismaMetrics({ registri: registry })
`

let project: string

beforeAll(async () => {
  const tarball = await packTarball()
  project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-commonjs-'))
  const { devDependencies } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> }
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'commonjs',
      private: true,
      jest: { preset: 'ts-jest', testTimeout: 60_000 },
    }),
  )
  const packages = neighbours.map((name) => `${name}@${devDependencies[name]}`)
  const quietly = [
    '--prefer-offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  await run(project, 'npm', 'install', ...quietly, tarball.path, ...packages, ...tools)
  for (const [folder, type] of [
    ['cjs', 'commonjs'],
    ['esm', 'module'],
  ] as const) {
    await mkdir(join(project, folder))
    await writeFile(join(project, folder, 'package.json'), JSON.stringify({ type }))
    await writeFile(join(project, folder, 'typed.ts'), typed)
  }
  return () => rm(project, { recursive: true, force: true })
}, 240_000)

/** With the TypeScript of the user's project, not of this one. */
const compile = (configuration: string): Promise<string> =>
  run(
    project,
    process.execPath,
    join(project, 'node_modules/typescript/bin/tsc'),
    '-p',
    configuration,
  )

const moduleKinds = [
  { module: 'commonjs', moduleResolution: 'node10' },
  { module: 'node16' },
  { module: 'node18' },
  { module: 'node20' },
  { module: 'nodenext' },
  { module: 'preserve', moduleResolution: 'bundler' },
  { module: 'es2022', moduleResolution: 'bundler' },
]

for (const kind of moduleKinds) {
  test.for(['cjs', 'esm'])(
    `compiles with module ${kind.module}${kind.moduleResolution === undefined ? '' : ` and moduleResolution ${kind.moduleResolution}`} in a project of type %s`,
    { timeout: 180_000 },
    async (folder) => {
      const compilerOptions = {
        ...kind,
        target: 'es2022',
        lib: ['es2023'],
        types: ['node'],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      }
      const name = `tsconfig.${kind.module}.json`
      await writeFile(
        join(project, folder, name),
        JSON.stringify({ compilerOptions, files: ['typed.ts'] }),
      )
      await expect(compile(join(folder, name))).resolves.toBe('')
    },
  )
}

test('jest with ts-jest in CommonJS loads an application and counts its rows', async () => {
  const fixture = join(projectRoot, 'test/fixtures/sqlite')
  const schema = await readFile(join(fixture, 'schema.prisma'), 'utf8')
  const folder = join(project, 'jest')
  await mkdir(folder)
  const files = {
    'schema.prisma': schema.replace('"generated"', '"generated"\n  moduleFormat = "cjs"'),
    'application.ts': application,
    'application.test.ts': applicationTest,
    'create.js': `require('@libsql/client').createClient({ url: 'file:' + __dirname + '/application.db' })
      .executeMultiple(require('node:fs').readFileSync(__dirname + '/schema.sql', 'utf8'))`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  await cp(join(fixture, 'schema.sql'), join(folder, 'schema.sql'))
  const compilerOptions = {
    target: 'es2022',
    module: 'commonjs',
    moduleResolution: 'node10',
    esModuleInterop: true,
    strict: true,
    skipLibCheck: true,
    types: ['node', 'jest'],
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath
  process.env['CHECKPOINT_DISABLE'] ??= '1'
  const prisma = join(projectRoot, 'node_modules/prisma/build/index.js')
  const schemaPath = join(folder, 'schema.prisma')
  await run(projectRoot, process.execPath, prisma, 'generate', '--no-hints', '--schema', schemaPath)
  await run(folder, process.execPath, 'create.js')
  const jest = join(project, 'node_modules/jest/bin/jest.js')
  const jestRun = run(project, process.execPath, jest, '--rootDir', project, 'jest/application')
  await expect(jestRun).resolves.toBe('')
}, 300_000)

const bothLoaded = `
  const required = require('prisma-prometheus')
  const { Registry } = require('prom-client')
  import('prisma-prometheus').then(async (imported) => {
    const registry = new Registry()
    const { createServer } = require('node:http')
    required.prismaMetrics({ registry })
    imported.prismaMetrics({ registry })
    const application = (_, response) => response.end('hello')
    const listener = required.exposeMetrics(
      imported.exposeMetrics(application, { registry, path: '/other' }),
      { registry },
    )
    const server = createServer(listener).listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port
      await (await fetch(url + '/')).text()
      const body = await (await fetch(url + '/metrics')).text()
      server.close()
      server.closeAllConnections()
      console.log(required.prismaMetrics === imported.prismaMetrics ? 'one copy' : 'two copies')
      console.log(body.split('\\n').filter((line) => line.startsWith('http_server_request_duration_seconds_count')).join('\\n'))
    })
  })
`

/** Whether there was one copy, and the counts of the one request. */
async function loadBoth(...flags: readonly string[]): Promise<readonly [string, string[]]> {
  const parameters = [...flags, '--input-type=commonjs', '--eval', bothLoaded]
  const output = await run(project, process.execPath, ...parameters)
  const [loaded = '', ...counts] = output.trim().split('\n')
  return [loaded, counts.map((line) => line.replace(/^.* /, ''))]
}

test('loads one copy for import and require if require() loads ES modules', async () => {
  expect(await loadBoth()).toEqual(['one copy', ['1']])
})

test('counts a request once with a copy of each build in one process', async () => {
  expect(await loadBoth('--no-experimental-require-module')).toEqual(['two copies', ['1']])
})
