import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'

/** What `npm publish` would send, made from the sources as they are now. Its files must not be changed. */
export interface Tarball {
  readonly path: string
  /** The package before packing. */
  readonly directory: string
  /** Paths inside the package, sorted. */
  readonly files: readonly string[]
}

interface Manifest {
  readonly files: readonly string[]
}

/** npm packs these whether `files` names them or not. */
const alwaysPacked = ['package.json', 'README.md', 'LICENSE']

/** What the build reads. */
const compiled = [
  'src',
  'scripts/build.mjs',
  'tsconfig.build.json',
  'tsconfig.cjs.json',
  'tsconfig.json',
]

const cache = join(projectRoot, 'node_modules/.cache/prisma-prometheus-tarball')

/** Packs the package, once for all test files as long as no source of it changes. */
export async function packTarball(): Promise<Tarball> {
  const sources = await packedSources()
  const folder = join(cache, await hashOf([...compiled, ...sources]))
  if (!existsSync(join(folder, 'files.json'))) {
    await mkdir(cache, { recursive: true })
    const made = await mkdtemp(join(cache, 'making-'))
    try {
      await packIn(made, sources)
      // Another test file may have packed the same at the same time.
      await rename(made, folder).catch(() => {})
    } finally {
      await rm(made, { recursive: true, force: true })
    }
  }
  const { path, files } = JSON.parse(await readFile(join(folder, 'files.json'), 'utf8')) as Tarball
  return { path: join(folder, path), directory: join(folder, 'package'), files }
}

async function packedSources(): Promise<readonly string[]> {
  const { files } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  ) as Manifest
  // A pattern's folder is copied whole: choosing from it is the packing's own work.
  const sources = new Set([...files.map((file) => file.replace(/\/\*.*$/, '')), ...alwaysPacked])
  // An older build must not stand in for the sources.
  for (const build of ['dist', 'dist-cjs']) sources.delete(build)
  return [...sources].filter((name) => existsSync(join(projectRoot, name)))
}

async function hashOf(names: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const name of names) {
    const path = join(projectRoot, name)
    const files = await readdir(path, { recursive: true, withFileTypes: true }).catch(
      () => undefined,
    )
    const paths =
      files === undefined
        ? [path]
        : files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
    for (const file of paths.toSorted()) {
      hash.update(`${file}\n`).update(await readFile(file))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

async function packIn(folder: string, sources: readonly string[]): Promise<void> {
  const directory = join(folder, 'package')
  await mkdir(directory)
  for (const name of sources) {
    await cp(join(projectRoot, name), join(directory, name), { recursive: true })
  }
  await run(projectRoot, process.execPath, 'scripts/build.mjs', directory)
  const packed = await run(directory, 'npm', 'pack', '--ignore-scripts', '--json')
  const [result] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  const files = result.files.map((file) => file.path).toSorted()
  await writeFile(
    join(folder, 'files.json'),
    JSON.stringify({ path: join('package', result.filename), files }),
  )
}
