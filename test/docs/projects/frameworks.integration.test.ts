import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../../support/database/database.ts'
import { createPageProject, filesOf, type PageProject } from './page-project.ts'

const page = 'docs/frameworks.md'

/** Versions that need Node 22. Apollo Server does not run with graphql 17. */
const isNewest = Number.parseInt(process.versions.node) >= 22
const reactRouter = isNewest ? '8.4.0' : '7.18.4'
const graphql = isNewest
  ? ['graphql@17.1.0']
  : ['graphql@16.15.0', '@apollo/server@5.5.1', '@as-integrations/express5@1.1.2']
const graphqlServers = isNewest ? ['yoga.ts'] : ['yoga.ts', 'apollo.ts']

/** The newest versions that run on this Node. */
const frameworks = [
  ...graphql,
  'graphql-yoga@5.24.1',
  '@trpc/server@11.25.2',
  'react@19.3.1',
  'react-dom@19.3.1',
  `react-router@${reactRouter}`,
  `@react-router/node@${reactRouter}`,
  `@react-router/express@${reactRouter}`,
  `@react-router/dev@${reactRouter}`,
  '@types/react@19.3.3',
  'vite@7.3.8',
  'isbot@5.2.3',
  'typescript@5.9.3',
]

/** A small application of React Router, in framework mode. */
const reactRouterApplication = {
  'app/root.tsx': `
    import { Outlet, Scripts } from 'react-router'

    export default function Root() {
      return <html lang="en"><body><Outlet /><Scripts /></body></html>
    }`,
  'app/routes.ts': `
    import { index, route } from '@react-router/dev/routes'

    export default [index('home.tsx'), route('workspaces/:workspace', 'workspace.tsx')]`,
  'app/home.tsx': `export default function Home() { return <p>home</p> }`,
  'app/workspace.tsx': `
    import { prisma } from '../prisma'

    export async function loader({ params }) {
      return prisma.workspace.findUnique({ where: { id: Number(params.workspace) } })
    }

    export default function Workspace({ loaderData }) {
      return <p>{loaderData?.name}</p>
    }`,
  'vite.config.ts': `
    import { reactRouter } from '@react-router/dev/vite'
    import { defineConfig } from 'vite'

    export default defineConfig({ plugins: [reactRouter()] })`,
  'react-router.config.ts': `export default { ssr: true }`,
}

let database: TestDatabase
let project: PageProject

beforeAll(async () => {
  database = await createDatabase()
  const { 'packages/db/package.json': db = '', 'apps/api/package.json': api = '' } = filesOf(page)
  project = await createPageProject({
    manifest: {
      name: 'shop',
      private: true,
      type: 'module',
      workspaces: ['packages/*', 'apps/*'],
    },
    files: { 'packages/db/package.json': db, 'apps/api/package.json': api },
    neighbours: [
      '@prisma/client',
      '@prisma/adapter-pg',
      'prom-client',
      'express',
      '@types/express',
      'tsx',
      '@types/node',
    ],
    packages: frameworks,
    environment: { DATABASE_URL: database.url },
  })
  await project.writePage(page)
  await project.writePage('docs/graphql.md')
  const { 'prisma.ts': client = '' } = filesOf('docs/hono.md')
  await project.write({ 'prisma.ts': client, ...reactRouterApplication })
  await project.generate(`generator client {
  provider = "prisma-client"
  output   = "../generated/prisma"
}`)
  return async () => {
    await project.remove()
    await database.drop()
  }
}, 600_000)

beforeEach(async () => {
  await database.query('DELETE FROM "Alert"')
  await database.query('DELETE FROM "Workspace"')
  await database.query('DELETE FROM "Tag"')
})

/** Workspaces with an alert each. */
async function createWorkspaces(count: number): Promise<void> {
  await database.query(
    `INSERT INTO "Workspace" (id, slug, name, "updatedAt")
     SELECT n, n::text, 'Workspace ' || n, now() FROM generate_series(1, ${count}) n`,
  )
  await database.query(
    `INSERT INTO "Alert" (id, "workspaceId", title, "updatedAt")
     SELECT gen_random_uuid(), id, 'late', now() FROM "Workspace"`,
  )
}

const start = (file: string, ready = '/metrics') => project.start(ready, 'tsx', file)

async function expectLines(url: string, lines: readonly string[]): Promise<void> {
  const scrape = (await (await fetch(`${url}/metrics`)).text()).split('\n')
  for (const line of lines) expect(scrape).toContain(line)
}

const requests = 'http_server_request_duration_seconds_count{http_request_method='

test('compiles the servers of the pages', async () => {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  }
  const files = [...graphqlServers, 'trpc.ts', 'import-tags.ts', 'apps/api/main.ts']
  await project.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, files }) })
  expect(await project.run('tsc', '-p', 'tsconfig.json')).toBe('')
}, 180_000)

describe.for(graphqlServers)('%s', (file) => {
  test('counts requests, scopes and repeated queries by GraphQL operation', async () => {
    await createWorkspaces(12)
    await using server = await start(file)
    const send = async (query: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ query })
      const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })
      const { data } = (await response.json()) as { data: unknown }
      return data
    }
    const alerts = Array.from({ length: 12 }, () => ({ alerts: [{ title: 'late' }] }))
    const loop = 'query Workspaces { workspaces { alerts { title } } }'
    expect(await send(loop)).toEqual({ workspaces: alerts })
    await send('query WorkspacesMerged { workspaces { mergedAlerts { title } } }')
    await send('mutation AddTag { addTag(name: "a") }')
    await send('query Chosen_by_a_client { workspaces { name } }')
    await send('{ workspaces { name } }')
    const names = ['Workspaces', 'WorkspacesMerged', 'AddTag', 'other', 'anonymous']
    await expectLines(server.url, [
      ...names.map(
        (name) =>
          `${requests}"POST",http_route="/graphql ${name}",http_response_status_code="200"} 1`,
      ),
      'prisma_scope_operations_sum{client="default",scope="POST /graphql Workspaces"} 13',
      'prisma_n_plus_one_suspects_total{client="default",scope="POST /graphql Workspaces",model="Alert",operation="findMany"} 1',
      'prisma_model_inserts_total{client="default",model="Tag"} 1',
    ])
    const scrape = await (await fetch(`${server.url}/metrics`)).text()
    expect(scrape.match(/^prisma_n_plus_one_suspects_total\{/gm)).toHaveLength(1)
  }, 180_000)
})

test('tRPC: counts a scope per procedure of a batch', async () => {
  await using server = await start('trpc.ts')
  const response = await fetch(`${server.url}/trpc/tags,fails,tags?batch=1&input={}`)
  expect(response.status).toBe(207)
  await response.arrayBuffer()
  await expectLines(server.url, [
    `${requests}"GET",http_route="/trpc",http_response_status_code="207"} 1`,
    'prisma_scope_duration_seconds_count{client="default",scope="query tags",outcome="ok"} 2',
    'prisma_scope_duration_seconds_count{client="default",scope="query fails",outcome="error"} 1',
  ])
}, 180_000)

test('React Router: counts documents and loaders by route', async () => {
  await createWorkspaces(3)
  await project.run('react-router', 'build')
  await using server = await project.start('/metrics', process.execPath, 'server.js')
  expect(await (await fetch(`${server.url}/workspaces/1`)).text()).toContain('Workspace 1')
  await (await fetch(`${server.url}/workspaces/2`)).text()
  expect(await (await fetch(`${server.url}/workspaces/3.data`)).text()).toContain('Workspace 3')
  await (await fetch(server.url)).text()
  expect((await fetch(`${server.url}/missing`)).status).toBe(404)
  await expectLines(server.url, [
    `${requests}"GET",http_route="/workspaces/:workspace",http_response_status_code="200"} 3`,
    `${requests}"GET",http_route="/",http_response_status_code="200"} 1`,
    `${requests}"GET",http_route="",http_response_status_code="404"} 1`,
    'prisma_scope_operations_sum{client="default",scope="GET /workspaces/:workspace"} 3',
  ])
}, 180_000)

test('a script writes its metrics to a file', async () => {
  const file = join(project.directory, 'import.prom')
  await project.run('env', `TEXTFILE=${file}`, 'tsx', 'import-tags.ts')
  const lines = (await readFile(file, 'utf8')).split('\n')
  expect(lines).toContain('prisma_model_inserts_total{client="default",model="Tag"} 2')
  const outcome = 'client="default",scope="import tags",outcome="ok"'
  expect(lines).toContain(`prisma_scope_duration_seconds_count{${outcome}} 1`)
}, 180_000)

test('a monorepo has one copy of prom-client, and one scrape with all metrics', async () => {
  const installed = await project.run('npm', 'ls', 'prom-client', '--all', '--parseable')
  expect(installed.trim().split('\n')).toEqual([
    join(project.directory, 'node_modules/prom-client'),
  ])
  await using server = await start('apps/api/main.ts')
  await (await fetch(server.url)).text()
  await expectLines(server.url, [
    'visits_total 1',
    'prisma_operation_duration_seconds_count{client="default",model="Tag",operation="count"} 1',
  ])
}, 180_000)
