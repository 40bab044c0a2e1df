import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dashboards } from '../../scripts/dashboards/dashboards.ts'
import { projectRoot } from '../docs/pages.ts'

const folder = join(projectRoot, 'node_modules/.cache/grafana-schema')
const versions = ['11', '12']

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  // JSON contains the values of Grafana's enums. The data source adds fields to an annotation.
  writeFileSync(
    join(folder, 'json.ts'),
    `export type Json<T> = T extends string
  ? \`\${T}\`
  : T extends object
    ? { [K in keyof T]: K extends 'annotations' ? Annotations<T[K]> : Json<T[K]> }
    : T
type Annotations<T> = T extends { list?: (infer A)[] } ? { list?: (Json<A> & OfPrometheus)[] } : T
interface OfPrometheus { expr?: string; step?: string; titleFormat?: string; textFormat?: string }
`,
  )
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Writes a dashboard as a literal of Grafana's type, which rejects unknown fields and values. */
function writeModule(name: string, version: string, dashboard: object): void {
  writeFileSync(
    join(folder, `${name}.ts`),
    [
      `import type { Dashboard } from 'grafana-schema-${version}'`,
      `import type { Json } from './json.ts'`,
      `export const dashboard: Json<Partial<Dashboard>> = ${JSON.stringify(dashboard, undefined, 1)}`,
    ].join('\n'),
  )
}

function complaints(): string[] {
  const tsc = join(projectRoot, 'node_modules/.bin/tsc')
  const options = ['-p', folder, '--pretty', 'false', '--allowImportingTsExtensions']
  const { stdout } = spawnSync(tsc, options, { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => /^\S/.test(line))
}

const wrong = {
  'unknown-field': { panels: [{ kind: 'graph' }] },
  'wrong-type': { refresh: 30 },
  'wrong-enum': { panels: [{ type: 'stat', fieldConfig: fieldConfig('relative') }] },
  'wrong-annotation': { annotations: { list: [{ name: 'Alerts', enable: true, icon: 'red' }] } },
}

function fieldConfig(mode: string): object {
  return { defaults: { thresholds: { mode, steps: [] } }, overrides: [] }
}

test('writes dashboards of the types of Grafana 11 and 12', { timeout: 120_000 }, () => {
  for (const version of versions) {
    for (const [name, dashboard] of Object.entries(dashboards())) {
      writeModule(`grafana-${version}-${name.replace(/\.json$/, '')}`, version, dashboard)
    }
    for (const [name, dashboard] of Object.entries(wrong)) {
      writeModule(`${name}-${version}`, version, dashboard)
    }
  }

  const found = complaints()
  const names = versions.flatMap((version) =>
    Object.keys(wrong).map((name) => `${name}-${version}`),
  )
  const rejected = (line: string): string | undefined => names.find((name) => line.includes(name))
  expect(found.filter((line) => rejected(line) === undefined)).toEqual([])
  expect(new Set(found.map(rejected))).toEqual(new Set(names))
})
