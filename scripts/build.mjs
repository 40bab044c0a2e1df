// build.mjs [FOLDER]: compiles the package into FOLDER (default: the repository), as ES modules in
// dist/ and as CommonJS in dist-cjs/. The command exists as ES modules only.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = join(
  createRequire(import.meta.url).resolve('typescript/package.json'),
  '../bin/tsc',
)
const folder = resolve(process.argv[2] ?? root)

/** Written by hand, and not compiled: a CommonJS module that both builds load, and the live page. */
const handwritten = [
  'metrics/library/metrics-library.cjs',
  'metrics/library/metrics-library.d.cts',
  'live/page',
]

/** The plots of the live page, with their licence. */
const uplot = ['dist/uPlot.iife.min.js', 'dist/uPlot.min.css', 'LICENSE']
const uplotFolder = join(createRequire(import.meta.url).resolve('uplot/package.json'), '..')

for (const [configuration, name, type] of [
  ['tsconfig.build.json', 'dist', 'module'],
  ['tsconfig.cjs.json', 'dist-cjs', 'commonjs'],
]) {
  const output = join(folder, name)
  rmSync(output, { recursive: true, force: true })
  const { status } = spawnSync(
    process.execPath,
    [compiler, '-p', configuration, '--outDir', output],
    { cwd: root, stdio: 'inherit' },
  )
  if (status !== 0) process.exit(status ?? 1)
  for (const file of handwritten) {
    cpSync(join(root, 'src', file), join(output, file), { recursive: true })
  }
  for (const file of uplot) {
    const copy = file === 'LICENSE' ? 'uPlot.LICENSE' : basename(file)
    cpSync(join(uplotFolder, file), join(output, 'live/page', copy))
  }
  writeFileSync(join(output, 'package.json'), `${JSON.stringify({ type })}\n`)
}
