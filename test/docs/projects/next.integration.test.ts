import { expect, test, vi } from 'vitest'
import { startReceiver } from '../../opentelemetry/otlp/receiver.ts'
import { createDatabase } from '../../support/database/database.ts'
import { routeCases, type RouteDefinition, routeDefinitions } from '../../http/route-cases.ts'
import { freePort } from '../../support/serve.ts'
import { createPageProject, filesOf } from './page-project.ts'

const token = 'secret-of-the-test'

/**
 * A path of the route table, as Next writes it, below a folder of its own. Next wants one name for all
 * parameters at the same place.
 */
const nextPath = ({ router, path }: Pick<RouteDefinition, 'router' | 'path'>): string =>
  `/table${router}${path}`
    .split('/')
    .map((part, depth) => (part.startsWith(':') ? `[part${depth}]` : part))
    .join('/')
    .replace(/\/$/, '')

/** The route table as route handlers. */
function tableFiles(): Record<string, string> {
  const files: Record<string, string> = {}
  for (const definition of routeDefinitions) {
    const path = nextPath(definition)
    const file = `app${path}/route.ts`
    const up = '../'.repeat(file.split('/').length - 1)
    files[file] ??= `import { measured } from '${up}lib/measured'\n`
    const body =
      definition.answer === 'throws'
        ? "throw new Error('failed')"
        : `return new Response(null, { status: ${definition.answer} })`
    files[file] += `export const ${definition.method} = measured('${path}', () => { ${body} })\n`
  }
  return files
}

test('an application of the page builds, and serves its metrics on a port of their own', async () => {
  await using database = await createDatabase()
  await using receiver = await startReceiver()
  const metricsPort = await freePort()
  const project = await createPageProject({
    manifest: { name: 'shop', private: true },
    neighbours: [
      '@prisma/client',
      '@prisma/adapter-pg',
      'prom-client',
      '@types/node',
      '@opentelemetry/api',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/resources',
      '@opentelemetry/exporter-metrics-otlp-http',
    ],
    packages: [
      'next@16.4.6',
      'react@19.3.1',
      'react-dom@19.3.1',
      '@types/react@19.3.3',
      'typescript@5.9.3',
    ],
    environment: {
      DATABASE_URL: database.url,
      METRICS_PORT: String(metricsPort),
      METRICS_HOST: '127.0.0.1',
      METRICS_TOKEN: token,
      NEXT_TELEMETRY_DISABLED: '1',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url,
    },
  })
  try {
    await project.writePage('docs/next.md')
    const serverless = filesOf('docs/serverless.md')
    const reader = ['lib/reader.ts', 'app/api/alerts/route.ts']
    await project.write({
      ...tableFiles(),
      ...Object.fromEntries(reader.map((name) => [name, serverless[name] ?? ''])),
      'app/layout.tsx': `
        export default function Layout({ children }: { children: React.ReactNode }) {
          return <html lang="en"><body>{children}</body></html>
        }`,
      'app/page.tsx': 'export default function Home() { return <p>home</p> }',
    })
    await project.generate(`generator client {
  provider = "prisma-client"
  output   = "../generated/prisma"
}`)
    await project.run('next', 'build')
    await using server = await project.start('/', 'next', 'start', '--hostname', '127.0.0.1')

    const created = await fetch(`${server.url}/api/tags/late`, { method: 'POST' })
    expect([created.status, await created.json()]).toMatchObject([201, { name: 'late' }])
    expect(await (await fetch(`${server.url}/tags`)).text()).toContain('late')

    const lines = [
      'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/api/tags/[name]",http_response_status_code="201"} 1',
      'prisma_scope_operations_sum{client="default",scope="POST /api/tags/[name]"} 1',
      'prisma_scope_operations_sum{client="default",scope="page /tags"} 1',
      'prisma_model_inserts_total{client="default",model="Tag"} 1',
    ]
    // The response is sent before the counts are: `after` runs behind it.
    expect(await (await fetch(`${server.url}/api/alerts`)).json()).toEqual({ alerts: 0 })
    const counts = { 'db.collection.name': 'Alert', 'db.operation.name': 'count' }
    await vi.waitFor(
      () => expect(receiver.ledger.total('db.client.operation.duration', counts).count).toBe(1),
      { timeout: 20_000, interval: 50 },
    )
    const tags = { 'db.collection.name': 'Tag', 'db.operation.name': 'create' }
    expect(receiver.ledger.total('db.client.operation.duration', tags).count).toBe(1)

    const own = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    for (const line of lines) expect(own.split('\n')).toContain(line)

    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
    const headers = { authorization: `Bearer ${token}` }
    const route = await (await fetch(`${server.url}/metrics`, { headers })).text()
    for (const line of lines) expect(route.split('\n')).toContain(line)

    for (const { title, request, route: template, status } of routeCases) {
      const [method, path] = request
      const target = `${server.url}/table${path === '/' ? '' : path}`
      const counted = (text: string): number =>
        Number(
          new RegExp(`^${nextCount(method, template, status)} (.*)$`, 'm').exec(text)?.[1] ?? 0,
        )
      const before = counted(await scrapeOf(metricsPort))
      const answer = await fetch(target, { method })
      await answer.arrayBuffer()
      const after = counted(await scrapeOf(metricsPort))
      // Next answers a path without a route itself: no code of the application sees the request.
      const expected = { title, status, counted: template === '' ? 0 : 1 }
      expect({ title, status: answer.status, counted: after - before }).toEqual(expected)
    }
  } finally {
    await project.remove()
  }
}, 600_000)

/** The series of a case, as a regular expression. */
function nextCount(method: string, template: string, status: number): string {
  const route = template === '' ? '' : nextPath({ router: '', path: template })
  const labels = `http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"`
  return `http_server_request_duration_seconds_count{${labels}}`.replaceAll(
    /[[\]{}]/g,
    String.raw`\$&`,
  )
}

async function scrapeOf(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
}
