import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'
import { packTarball } from './tarball.ts'

let project: string
let successor: string

beforeAll(async () => {
  const tarball = await packTarball()
  project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-library-'))
  await writeFile(join(project, 'package.json'), '{ "name": "library", "private": true }')
  const { devDependencies } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> }
  successor = `@prometheus-io/client@${devDependencies['@prometheus-io/client']}`
  await install(tarball.path, `@prisma/client@${devDependencies['@prisma/client']}`)
  return () => rm(project, { recursive: true, force: true })
}, 120_000)

function install(...packages: readonly string[]): Promise<string> {
  const quietly = [
    '--prefer-offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  return run(project, 'npm', 'install', ...quietly, ...packages)
}

const kinds = [
  {
    type: 'commonjs',
    load: `const { exposeMetrics, prismaMetrics } = require('prisma-prometheus')`,
  },
  {
    // The CommonJS build, even where require() can load ES modules.
    type: 'commonjs',
    flag: '--no-experimental-require-module',
    load: `const { exposeMetrics, prismaMetrics } = require('prisma-prometheus')`,
  },
  { type: 'module', load: `import { exposeMetrics, prismaMetrics } from 'prisma-prometheus'` },
]

const evaluate = ({ type, flag }: (typeof kinds)[number], program: string): Promise<string> =>
  run(
    project,
    process.execPath,
    ...(flag === undefined ? [] : [flag]),
    `--input-type=${type}`,
    '--eval',
    program,
  )

// One after the other: the second needs what the first has seen missing.
test.for(kinds)('says what to install without a metrics library: $type $flag', async (kind) => {
  const program = `${kind.load}
    for (const call of [prismaMetrics, exposeMetrics]) {
      try { call(); console.log('no error') } catch ({ code }) { console.log(code) }
    }`
  expect(await evaluate(kind, program)).toBe(
    'PRISMA_PROMETHEUS_METRICS_LIBRARY_MISSING\n'.repeat(2),
  )
})

test('works with only @prometheus-io/client', { timeout: 120_000 }, async () => {
  await install(successor)
  for (const kind of kinds) {
    const program = `${kind.load}
      prismaMetrics()
      const listener = exposeMetrics(undefined, { collectDefaultMetrics: true })
      ${kind.type === 'module' ? `const { createServer } = await import('node:http')` : `const { createServer } = require('node:http')`}
      const server = createServer(listener).listen(0, '127.0.0.1', async () => {
        const response = await fetch('http://127.0.0.1:' + server.address().port + '/metrics')
        console.log(await response.text())
        server.close()
        server.closeAllConnections()
      })`
    const body = await evaluate(kind, program)
    expect(body).toContain('# TYPE prisma_operation_duration_seconds histogram')
    expect(body).toContain('process_cpu_user_seconds_total')
  }
})
