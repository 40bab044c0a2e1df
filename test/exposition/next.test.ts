import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { projectRoot } from '../package/project-root.ts'
import { run } from '../package/run.ts'
import { packTarball } from '../package/tarball.ts'
import { freePort } from './serve.ts'

/** Installed into a project of its own: Next is larger than all else that is tested together. */
const framework = ['next@16.4.6', 'react@19', 'react-dom@19']

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "app", "private": true, "type": "module" }',
  // The folder is no part of a repository, whatever lies around it.
  'next.config.js': 'export default { turbopack: { root: import.meta.dirname } }',
  'app/layout.js':
    'export default ({ children }) => <html lang="en"><body>{children}</body></html>',
  'app/page.js': 'export default () => <p>home</p>',
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

test('a route handler of Next, built and started', { timeout: 300_000 }, async () => {
  const project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-next-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(project, path, '..'), { recursive: true })
      await writeFile(join(project, path), content)
    }
    await using tarball = await packTarball()
    const manifest = await readFile(join(projectRoot, 'package.json'), 'utf8')
    const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> }
    const packages = [tarball.path, `prom-client@${devDependencies['prom-client']}`, ...framework]
    const quietly = ['--prefer-offline', '--legacy-peer-deps', '--no-audit', '--no-fund']
    await run(project, 'npm', 'install', ...quietly, ...packages)
    const next = join(project, 'node_modules/next/dist/bin/next')
    process.env['NEXT_TELEMETRY_DISABLED'] = '1'
    await run(project, process.execPath, next, 'build')

    const port = await freePort()
    const parameters = [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)]
    const server = spawn(process.execPath, parameters, { cwd: project, stdio: 'ignore' })
    const ended = once(server, 'exit')
    try {
      await expect
        .poll(() => answer(port, '/').catch(() => undefined), { timeout: 30_000 })
        .toMatchObject({ status: 200 })
      const plain = await answer(port, '/metrics')
      expect(plain.type).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(plain.body.toString()).toContain('route_calls_total 1\n')
      // Next compresses by itself, and drops the header of who has done so before.
      const compressed = await answer(port, '/metrics', { 'accept-encoding': 'gzip' })
      expect(compressed.coding).toBe('gzip')
      expect(gunzipSync(compressed.body).toString()).toContain('route_calls_total 2\n')
      const accept = 'application/openmetrics-text;version=1.0.0'
      expect((await answer(port, '/metrics', { accept })).body.toString()).toMatch(/# EOF\n$/)
    } finally {
      server.kill()
      await ended
    }
  } finally {
    await rm(project, { recursive: true, force: true })
  }
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
