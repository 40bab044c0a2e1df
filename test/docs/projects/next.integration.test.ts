import { expect, test } from 'vitest'
import { createDatabase } from '../../support/database/database.ts'
import { freePort } from '../../support/serve.ts'
import { createPageProject } from './page-project.ts'

const token = 'secret-of-the-test'

test('an application of the page builds, and serves its metrics on a port of their own', async () => {
  await using database = await createDatabase()
  const metricsPort = await freePort()
  const project = await createPageProject({
    manifest: { name: 'shop', private: true },
    neighbours: ['prisma', '@prisma/client', '@prisma/adapter-pg', 'prom-client', '@types/node'],
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
    },
  })
  try {
    await project.writePage('docs/next.md')
    await project.write({
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
    const own = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    for (const line of lines) expect(own.split('\n')).toContain(line)

    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
    const headers = { authorization: `Bearer ${token}` }
    const route = await (await fetch(`${server.url}/metrics`, { headers })).text()
    for (const line of lines) expect(route.split('\n')).toContain(line)
  } finally {
    await project.remove()
  }
}, 600_000)
