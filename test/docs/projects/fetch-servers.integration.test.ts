import { builtinModules } from 'node:module'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { startReceiver } from '../../opentelemetry/otlp/receiver.ts'
import { createDatabase, type TestDatabase } from '../../support/database/database.ts'
import { createPageProject, filesOf, type PageProject } from './page-project.ts'
import { snippets } from '../pages.ts'

const page = 'docs/hono.md'

const permissions = ['--allow-net', '--allow-env', '--allow-read', '--allow-sys']

/** Runtimes that run TypeScript, their test runners, and the servers of the page for them. */
const runtimes = [
  {
    name: 'Node',
    command: ['tsx'],
    testCommand: ['tsx', '--test', 'tags.test.ts'],
    servers: ['hono-node.ts'],
  },
  {
    name: 'Bun',
    command: ['bun'],
    testCommand: ['bun', 'test'],
    servers: ['hono-bun.ts', 'serve-bun.ts'],
  },
  {
    name: 'Deno',
    command: ['deno', 'run', ...permissions],
    testCommand: ['deno', 'test', ...permissions, 'tags.test.ts'],
    servers: ['hono-deno.ts', 'serve-deno.ts'],
  },
] as const

let database: TestDatabase
let project: PageProject

/** The first example of the README, with the names that it assumes. */
function readmeProgram(): string {
  const first = snippets.find((one) => one.page === 'README.md' && one.language === 'ts')
  return `
    import type { RequestListener } from 'node:http'
    import { type Prisma, PrismaClient } from './generated/prisma/client.ts'

    const connectionString = process.env.DATABASE_URL
    const app: RequestListener = async (_request, response) => {
      await prisma.tag.deleteMany({ where: { name: 'readme' } })
      await prisma.tag.create({ data: { name: 'readme' } })
      response.end(String(await prisma.tag.count()))
    }
    ${first?.code.replace('.listen(3000)', ".listen(Number(process.env.PORT), '127.0.0.1')")}`
}

beforeAll(async () => {
  database = await createDatabase()
  project = await createPageProject({
    manifest: { name: 'fetch-servers', private: true, type: 'module' },
    neighbours: [
      '@prisma/client',
      '@prisma/adapter-pg',
      'prom-client',
      'hono',
      '@hono/node-server',
      'tsx',
      'typescript',
      '@types/node',
      '@opentelemetry/api',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/exporter-metrics-otlp-http',
    ],
    packages: ['bun@1.4.5', 'deno@2.9.6', 'workerd@1.20261117.1'],
    environment: { DATABASE_URL: database.url },
    // That of Bun puts its program in place.
    installScripts: true,
  })
  await project.writePage(page)
  const { 'worker.ts': worker = '' } = filesOf('docs/serverless.md')
  await project.write({ 'main.ts': readmeProgram(), 'worker.ts': worker })
  await project.generate(`generator client {
  provider = "prisma-client"
  output   = "../generated/prisma"
}
generator workerd {
  provider = "prisma-client"
  output   = "../generated/workerd"
  runtime  = "workerd"
}`)
  return async () => {
    await project.remove()
    await database.drop()
  }
}, 600_000)

test('compiles the first example of the README', async () => {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    allowImportingTsExtensions: true,
    noEmit: true,
  }
  const configuration = { compilerOptions, files: ['main.ts', 'tags.test.ts'] }
  await project.write({ 'tsconfig.json': JSON.stringify(configuration) })
  expect(await project.run('tsc', '-p', 'tsconfig.json')).toBe('')
}, 180_000)

describe.for(runtimes)('$name', ({ command, testCommand, servers }) => {
  const start = (file: string) => project.start('/metrics', command[0], ...command.slice(1), file)

  test('serves the metrics of the first example of the README', async () => {
    await using server = await start('main.ts')
    for (let call = 0; call < 2; call++) {
      expect(await (await fetch(`${server.url}/`)).text()).toMatch(/^\d+$/)
    }
    const scrape = await (await fetch(`${server.url}/metrics`)).text()
    expectLines(scrape, [
      'prisma_model_inserts_total{client="default",model="Tag"} 2',
      'prisma_operation_duration_seconds_count{client="default",model="Tag",operation="create"} 2',
      'prisma_pool_connections{client="default",state="busy"} 0',
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="",http_response_status_code="200"} 2',
    ])
  }, 180_000)

  test('passes the test of the page', async () => {
    const [program, ...parameters] = testCommand
    await expect(project.run(program, ...parameters)).resolves.toMatch(
      /(?:pass 1|1 pass|1 passed)\b/,
    )
  }, 180_000)

  test.for<string>(servers)(
    'counts requests by route in %s',
    { timeout: 180_000 },
    async (file) => {
      await using server = await start(file)
      await database.query('DELETE FROM "Tag"')
      const created = await fetch(`${server.url}/tags/late`, { method: 'POST' })
      expect([created.status, await created.json()]).toMatchObject([201, { name: 'late' }])
      expect(await (await fetch(`${server.url}/tags`)).json()).toMatchObject([{ name: 'late' }])
      expect((await fetch(`${server.url}/missing`)).status).toBe(404)
      const scrape = await (await fetch(`${server.url}/metrics`)).text()
      const requests = 'http_server_request_duration_seconds_count{http_request_method='
      expectLines(scrape, [
        `${requests}"POST",http_route="/tags/:name",http_response_status_code="201"} 1`,
        `${requests}"GET",http_route="/tags",http_response_status_code="200"} 1`,
        `${requests}"GET",http_route="",http_response_status_code="404"} 1`,
        'prisma_scope_operations_sum{client="default",scope="POST /tags/:name"} 1',
        'prisma_model_inserts_total{client="default",model="Tag"} 1',
      ])
    },
  )
})

/** The modules of Node that workerd has. esbuild leaves them to it. */
const builtin = builtinModules.flatMap((name) => [`--external:${name}`, `--external:node:${name}`])

const wasm = 'query_compiler_fast_bg.wasm?module'

/** What `wrangler` makes of a Worker: one module, and the query compiler beside it. */
function workerConfiguration(environment: Readonly<Record<string, string>>): string {
  const bindings = Object.entries(environment).map(
    ([name, text]) => `(name = "${name}", text = "${text}")`,
  )
  return `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "main", worker = .main),
        (name = "internet", network = (allow = ["public", "private", "local"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );
    const main :Workerd.Worker = (
      modules = [
        (name = "worker.js", esModule = embed "worker.js"),
        (name = "${wasm}", wasm = embed "generated/workerd/internal/query_compiler_fast_bg.wasm"),
      ],
      compatibilityDate = "2026-11-01",
      bindings = [${bindings.join(', ')}],
    );`
}

test('exports the deltas of a Cloudflare Worker, whose requests share an isolate', async () => {
  await using receiver = await startReceiver()
  await project.run(
    'esbuild',
    'worker.ts',
    '--bundle',
    '--format=esm',
    '--platform=browser',
    '--conditions=workerd',
    '--main-fields=browser,module,main',
    ...builtin,
    '--external:cloudflare:*',
    '--external:*.wasm?module',
    "--banner:js=import { createRequire as requireOf } from 'node:module'; const require = requireOf('file:///')",
    '--outfile=worker.js',
  )
  const environment = { DATABASE_URL: database.url, OTLP_METRICS_URL: receiver.url }
  await project.write({ 'worker.capnp': workerConfiguration(environment) })
  await database.query('DELETE FROM "Tag"')
  const serve = 'exec workerd serve worker.capnp --socket-addr=http=127.0.0.1:$PORT'
  await using server = await project.start('/', 'sh', '-c', serve)
  const { ledger } = receiver
  const arrived = async (requests: number): Promise<void> => {
    const creates = { 'db.collection.name': 'Tag', 'db.operation.name': 'create' }
    await vi.waitFor(
      () => expect(ledger.total('db.client.operation.duration', creates).count).toBe(requests),
      { timeout: 20_000, interval: 50 },
    )
    expect(ledger.total('prisma.model.inserts', { model: 'Tag' }).value).toBe(requests)
    expect(await database.query('SELECT FROM "Tag"')).toHaveLength(requests)
  }
  // Starting the server has sent the first request.
  await arrived(1)
  expect((await fetch(server.url)).status).toBe(201)
  await arrived(2)
  expect(ledger.violations).toEqual([])
  await Promise.all(Array.from({ length: 5 }, async () => (await fetch(server.url)).text()))
  await arrived(7)
}, 180_000)

function expectLines(scrape: string, lines: readonly string[]): void {
  const served = scrape.split('\n')
  for (const line of lines) expect(served).toContain(line)
}
