import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'
import { packTarball } from './tarball.ts'

/** The names each entry point gives. A name added or taken away is a decision, and stands here. */
const exportedNames: Readonly<Record<string, readonly string[]>> = {
  'prisma-prometheus': [
    'exposeMetrics',
    'liveResponse',
    'metricsMiddleware',
    'metricsResponse',
    'prismaMetrics',
    'setRoute',
    'writeMetrics',
  ],
  'prisma-prometheus/opentelemetry': ['flush', 'metricProducer', 'openTelemetryBuckets'],
  'prisma-prometheus/prisma-8': [
    'exposeMetrics',
    'liveResponse',
    'metricsResponse',
    'prismaMetrics',
  ],
  'prisma-prometheus/testing': [
    'expectNoNPlusOne',
    'expectOperations',
    'metricMatchers',
    'snapshot',
  ],
}

/** What a user of the package installs next to it, in the versions this project develops with. */
const neighbours = [
  '@prisma/client',
  '@prisma/adapter-pg',
  'prom-client',
  '@types/node',
  '@types/pg',
]

/** A project that knows the package from its tarball only. */
let project: string

beforeAll(async () => {
  const tarball = await packTarball()
  project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-consumer-'))
  const { devDependencies } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> }
  const manifest = { name: 'consumer', private: true, type: 'module' }
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
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
  return () => rm(project, { recursive: true, force: true })
}, 120_000)

test('installs every peer dependency', async () => {
  await expect(run(project, 'npm', 'ls', '--all')).resolves.toContain('prisma-prometheus@')
})

test('has a list of names for every entry point', async () => {
  const installed = join(project, 'node_modules/prisma-prometheus/package.json')
  const { name, exports } = JSON.parse(await readFile(installed, 'utf8')) as {
    name: string
    exports: Record<string, unknown>
  }
  const entryPoints = Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1))
  expect(entryPoints.toSorted()).toEqual(Object.keys(exportedNames).toSorted())
})

for (const [entryPoint, names] of Object.entries(exportedNames)) {
  test(`exports the listed names to import('${entryPoint}')`, async () => {
    const program = `console.log(JSON.stringify(Object.keys(await import('${entryPoint}'))))`
    const output = await run(project, process.execPath, '--input-type=module', '--eval', program)
    expect(JSON.parse(output)).toEqual(names)
  })

  test(`exports the listed names to require('${entryPoint}')`, async () => {
    const program = `console.log(JSON.stringify(Object.keys(require('${entryPoint}'))))`
    const output = await run(project, process.execPath, '--input-type=commonjs', '--eval', program)
    const isName = (name: string): boolean => name !== '__esModule' && name !== 'module.exports'
    expect((JSON.parse(output) as string[]).filter(isName)).toEqual(names)
  })
}

test('writes the packaged dashboards with npx prisma-prometheus', async () => {
  const output = await run(project, 'npx', 'prisma-prometheus', 'dashboards', '--out', 'written')
  const [first = ''] = output.split('\n')
  const dashboard = JSON.parse(await readFile(join(project, first), 'utf8')) as { title: string }
  expect(dashboard.title).toContain('Prisma / ')
})

test('registers no metric on import, and lets the process exit', async () => {
  const program = `
    import 'prisma-prometheus'
    import { register } from 'prom-client'
    console.log(register.getMetricsAsArray().length)`
  const output = await run(project, process.execPath, '--input-type=module', '--eval', program)
  expect(output).toBe('0\n')
})

test('serves a scrape from the installed package', async () => {
  const program = `
    import { createServer } from 'node:http'
    import { exposeMetrics, prismaMetrics } from 'prisma-prometheus'
    prismaMetrics()
    const server = createServer(exposeMetrics()).listen(0, '127.0.0.1', async () => {
      const response = await fetch('http://127.0.0.1:' + server.address().port + '/metrics')
      console.log(await response.text())
      server.close()
      server.closeAllConnections()
    })`
  const output = await run(project, process.execPath, '--input-type=module', '--eval', program)
  expect(output).toContain('# TYPE prisma_operation_duration_seconds histogram')
})

const application = `
import { createServer, type RequestListener } from 'node:http'
import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { exposeMetrics, prismaMetrics } from 'prisma-prometheus'
import { PrismaClient } from './generated/client.ts'

const registry = new Registry()
const metrics = prismaMetrics({ client: 'main', registry })
const prisma = new PrismaClient({
  adapter: metrics.adapter(new PrismaPg({ connectionString: 'postgres://localhost/none' })),
}).$extends(metrics.extension)

const application: RequestListener = async (_request, response) => {
  const alerts = await prisma.alert.findMany({ select: { id: true } })
  const first: { id: (typeof alerts)[number]['id'] } | undefined = alerts[0]
  // @ts-expect-error: not selected
  response.end(first?.id + alerts[0]?.severity)
}

createServer(exposeMetrics(application, { registry })).listen(3000)

// @ts-expect-error: no such option
prismaMetrics({ registri: registry })
`

const resolutions = [
  { moduleResolution: 'nodenext', module: 'nodenext' },
  { moduleResolution: 'bundler', module: 'preserve' },
]

for (const { moduleResolution, module } of resolutions) {
  test(`compiles with moduleResolution ${moduleResolution}`, async () => {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2023',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    }
    const configuration = join(project, `tsconfig.${moduleResolution}.json`)
    await writeFile(join(project, 'application.ts'), application)
    await writeFile(configuration, JSON.stringify({ compilerOptions, files: ['application.ts'] }))
    await expect(run(project, 'tsc', '-p', configuration)).resolves.toBe('')
  }, 60_000)
}
