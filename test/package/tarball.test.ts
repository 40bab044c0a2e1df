import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { beforeAll, expect, test } from 'vitest'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'
import { packTarball, type Tarball } from './tarball.ts'

let tarball: Tarball

beforeAll(async () => {
  tarball = await packTarball()
}, 60_000)

test('passes publint', async () => {
  const { messages, pkg } = await publint({ pkgDir: tarball.directory, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
})

test('has correct types for every module resolution', async () => {
  const report = run(tarball.directory, 'attw', tarball.path)
  await expect(report).resolves.toContain('"prisma-prometheus"')
}, 30_000)

test('contains only compiled sources, their types and documents', async () => {
  const sources = await readdir(join(projectRoot, 'src'), { recursive: true })
  const compiled = sources
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [file.replace(/ts$/, 'js'), file.replace(/ts$/, 'd.ts')])
  const handwritten = [
    'metrics/library/metrics-library.cjs',
    'metrics/library/metrics-library.d.cts',
    'package.json',
    ...sources.filter((file) => /^live\/page\/.+\.\w+$/.test(file)),
    ...['uPlot.LICENSE', 'uPlot.iife.min.js', 'uPlot.min.css'].map((file) => `live/page/${file}`),
  ]
  const builtIn = (folder: string): string[] =>
    tarball.files
      .filter((file) => file.startsWith(`${folder}/`))
      .map((file) => file.slice(folder.length + 1))
  expect(builtIn('dist')).toEqual([...compiled, ...handwritten].toSorted())
  // The command has no CommonJS build. The live page needs a part of the rules and of the checks.
  expect(builtIn('dist-cjs').filter((file) => file.startsWith('cli/'))).toEqual([])
  const partly = /^(?:check|cli|monitoring)\//
  const whole = (files: readonly string[]): string[] =>
    files.filter((file) => !partly.test(file)).toSorted()
  expect(whole(builtIn('dist-cjs'))).toEqual(whole([...compiled, ...handwritten]))

  const documents =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/[\w-]+\.md|monitoring\/.+|(?:testing|opentelemetry|prisma-8)\/package\.json)$/
  const others = tarball.files.filter((file) => !/^dist(?:-cjs)?\//.test(file))
  expect(others.filter((file) => !documents.test(file))).toEqual([])
  expect(others).toEqual(
    expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']),
  )
})

test('contains no path of the build machine', async () => {
  for (const file of tarball.files) {
    const text = await readFile(join(tarball.directory, file), 'utf8')
    for (const place of [projectRoot, homedir()]) {
      expect(text.includes(`${place}/`), `${file} mentions ${place}`).toBe(false)
    }
  }
})

test('imports only compiled modules', async () => {
  for (const file of tarball.files.filter((name) => name.endsWith('.js'))) {
    const text = await readFile(join(tarball.directory, file), 'utf8')
    expect(text, file).not.toMatch(/(?:from |import\(|require\()['"]\.[^'"]*\.ts['"]/)
  }
})
