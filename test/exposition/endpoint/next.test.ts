import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createClient } from '@libsql/client'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { projectRoot } from '../../package/project-root.ts'
import { run } from '../../package/run.ts'
import { packTarball } from '../../package/tarball.ts'
import { freePort } from '../../support/serve.ts'

/** Installed into a project of its own: Next is larger than all else that is tested together. */
const framework = ['next@16.4.6', 'react@19', 'react-dom@19']

/** In the versions this project develops with. */
const neighbours = ['prom-client', '@prisma/client', '@prisma/adapter-libsql']

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "app", "private": true, "type": "module" }',
  'next.config.js': `
    export default {
      // The folder is no part of a repository, whatever lies around it.
      turbopack: { root: import.meta.dirname },
      // Bundled, it would be one registry for the pages and another for the routes.
      serverExternalPackages: ['prom-client'],
    }
  `,
  // Each bundle that imports it may have a copy of its own, as after a hot reload.
  'lib/prisma.js': `
    import { PrismaLibSql } from '@prisma/adapter-libsql'
    import { prismaMetrics } from 'prisma-prometheus'
    import { PrismaClient } from '../generated/client.ts'

    globalThis.copies = (globalThis.copies ?? 0) + 1

    const metrics = prismaMetrics()
    const adapter = metrics.adapter(new PrismaLibSql({ url: 'file:next.db' }))
    export const prisma = new PrismaClient({ adapter }).$extends(metrics.extension)
  `,
  'app/layout.js':
    'export default ({ children }) => <html lang="en"><body>{children}</body></html>',
  'app/page.js': 'export default () => <p>home</p>',
  'app/tags/page.js': `
    import { prisma } from '../../lib/prisma.js'

    export const dynamic = 'force-dynamic'

    export default async function Tags() {
      await prisma.tag.create({ data: { name: crypto.randomUUID() } })
      return <p>{await prisma.tag.count()}</p>
    }
  `,
  'app/api/tags/route.js': `
    import { prisma } from '../../../lib/prisma.js'

    export const dynamic = 'force-dynamic'

    export async function GET() {
      await prisma.tag.create({ data: { name: crypto.randomUUID() } })
      return Response.json({ copies: globalThis.copies })
    }
  `,
  'app/metrics/route.js': `
    import { Counter } from 'prom-client'
    import { metricsResponse } from 'prisma-prometheus'

    const calls = new Counter({ name: 'route_calls_total', help: 'Calls of this route.' })

    export const dynamic = 'force-dynamic'

    export function GET(request) {
      calls.inc()
      return metricsResponse(request)
    }
  `,
}

let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-next-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(project, path, '..'), { recursive: true })
    await writeFile(join(project, path), content)
  }
  const sqlite = join(projectRoot, 'test/fixtures/sqlite')
  await cp(join(sqlite, 'generated'), join(project, 'generated'), { recursive: true })
  const tarball = await packTarball()
  const manifest = await readFile(join(projectRoot, 'package.json'), 'utf8')
  const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> }
  const packages = neighbours.map((name) => `${name}@${devDependencies[name]}`)
  const quietly = [
    '--prefer-offline',
    '--ignore-scripts',
    '--legacy-peer-deps',
    '--no-audit',
    '--no-fund',
  ]
  await run(project, 'npm', 'install', ...quietly, tarball.path, ...packages, ...framework)
  process.env['NEXT_TELEMETRY_DISABLED'] = '1'
  return () => rm(project, { recursive: true, force: true })
}, 120_000)

beforeEach(async () => {
  const url = `file:${join(project, 'next.db')}`
  await rm(new URL(url), { force: true })
  const database = createClient({ url })
  const schema = join(projectRoot, 'test/fixtures/sqlite/schema.sql')
  await database.executeMultiple(await readFile(schema, 'utf8'))
  database.close()
})

const next = (): string => join(project, 'node_modules/next/dist/bin/next')

/** Starts it with one of its commands, and waits for its home page. */
async function startNext(command: 'start' | 'dev'): Promise<AsyncDisposable & { port: number }> {
  const port = await freePort()
  const parameters = [next(), command, '--hostname', '127.0.0.1', '--port', String(port)]
  const server = spawn(process.execPath, parameters, { cwd: project, stdio: 'ignore' })
  const ended = once(server, 'exit')
  const end = async (): Promise<void> => {
    server.kill()
    await ended
  }
  try {
    await expect
      .poll(() => answer(port, '/').catch(() => undefined), { timeout: 60_000 })
      .toMatchObject({ status: 200 })
  } catch (error) {
    await end()
    throw error
  }
  return { port, [Symbol.asyncDispose]: end }
}

const tag = 'client="default",model="Tag"'

function expectEachFamilyOnce(text: string): void {
  const families = text.match(/^# TYPE \S+/gm) ?? []
  expect(families.length).toBeGreaterThan(20)
  expect(new Set(families).size).toBe(families.length)
}

test('counts pages and route handlers of a built application', { timeout: 120_000 }, async () => {
  await run(project, process.execPath, next(), 'build')
  await using server = await startNext('start')
  const { port } = server
  expect((await answer(port, '/tags')).status).toBe(200)
  expect((await answer(port, '/api/tags')).body.toString()).toBe('{"copies":2}')
  const plain = await answer(port, '/metrics')
  expect(plain.type).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = plain.body.toString()
  expect(text).toContain('route_calls_total 1\n')
  // Both copies of the module feed the same series.
  expect(text).toContain(`\nprisma_model_inserts_total{${tag}} 2\n`)
  expect(text).toContain(`_duration_seconds_count{${tag},operation="create"} 2\n`)
  expect(text).toContain(`_duration_seconds_count{${tag},operation="count"} 1\n`)
  expectEachFamilyOnce(text)
  // Next compresses by itself, and drops the header of who has done so before.
  const compressed = await answer(port, '/metrics', { 'accept-encoding': 'gzip' })
  expect(compressed.coding).toBe('gzip')
  expect(gunzipSync(compressed.body).toString()).toContain('route_calls_total 2\n')
  const accept = 'application/openmetrics-text;version=1.0.0'
  expect((await answer(port, '/metrics', { accept })).body.toString()).toMatch(/# EOF\n$/)
})

test('continues the series after a hot reload', { timeout: 120_000 }, async () => {
  await using server = await startNext('dev')
  const { port } = server
  const create = async (): Promise<number> => {
    const { body } = await answer(port, '/api/tags')
    return (JSON.parse(body.toString()) as { copies: number }).copies
  }
  let created = 1
  expect(await create()).toBe(1)
  const module = join(project, 'lib/prisma.js')
  await writeFile(module, `${await readFile(module, 'utf8')}\n// changed`)
  await expect
    .poll(
      () => {
        created++
        return create()
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe(2)

  const text = (await answer(port, '/metrics')).body.toString()
  expect(text).toContain(`\nprisma_model_inserts_total{${tag}} ${created}\n`)
  expectEachFamilyOnce(text)
})

interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly coding: string | undefined
  readonly body: Buffer
}

function answer(port: number, path: string, headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, async (response) => {
      const body = Buffer.concat(await response.toArray())
      const { statusCode: status, headers: answered } = response
      resolve({
        status,
        type: answered['content-type'],
        coding: answered['content-encoding'],
        body,
      })
    }).on('error', reject)
  })
}
