import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { projectRoot } from './project-root.ts'

const script = join(projectRoot, 'scripts/published-manifest.mjs')
const text = readFileSync(join(projectRoot, 'package.json'), 'utf8')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-manifest-'))
  writeFileSync(join(folder, 'package.json'), text)
})
afterEach(() => rmSync(folder, { recursive: true }))

const manifest = (): string => readFileSync(join(folder, 'package.json'), 'utf8')
const env = (): NodeJS.ProcessEnv => ({ ...process.env, PACKAGE_FOLDER: folder })
const act = (action: string): void =>
  void execFileSync(process.execPath, [script, action], { env: env() })

test('takes out the fields of the repository, and puts them back', () => {
  act('strip')
  act('strip')
  const published = JSON.parse(manifest()) as Record<string, unknown>
  for (const field of ['scripts', 'devDependencies', 'allowScripts', 'overrides']) {
    expect(published).not.toHaveProperty(field)
  }
  expect(published).toHaveProperty('exports')
  act('restore')
  act('restore')
  expect(manifest()).toBe(text)
})

test('puts the fields back if packing fails', async () => {
  const failing = {
    name: 'failing',
    version: '1.0.0',
    scripts: { prepack: `node ${script} strip` },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(failing))
  const before = manifest()
  const { status } = spawnSync('npm', ['pack', '--pack-destination', join(folder, 'missing')], {
    cwd: folder,
    env: env(),
  })
  expect(status).not.toBe(0)
  await expect.poll(manifest, { timeout: 20_000 }).toBe(before)
  expect(existsSync(join(folder, '.package.json.repository'))).toBe(false)
}, 60_000)

test('npm publishes the manifest without corrections', () => {
  act('strip')
  for (const name of ['README.md', 'LICENSE']) cpSync(join(projectRoot, name), join(folder, name))
  const { stderr, status } = spawnSync('npm', ['publish', '--dry-run', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stderr).not.toContain('auto-corrected')
  expect(status).toBe(0)
}, 60_000)
