import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'

/** What `npm publish` would send, made from the sources as they are now, in a folder of its own. */
export interface Tarball extends AsyncDisposable {
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

export async function packTarball(): Promise<Tarball> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-package-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    return { ...(await packIn(join(folder, 'package'))), [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function packIn(directory: string): Promise<Omit<Tarball, typeof Symbol.asyncDispose>> {
  await mkdir(directory)
  const { files } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  ) as Manifest
  // A pattern's folder is copied whole: choosing from it is the packing's own work.
  const sources = new Set([...files.map((file) => file.replace(/\/\*.*$/, '')), ...alwaysPacked])
  // An older build must not stand in for the sources.
  for (const build of ['dist', 'dist-cjs']) sources.delete(build)
  for (const name of sources) {
    const source = join(projectRoot, name)
    if (existsSync(source)) await cp(source, join(directory, name), { recursive: true })
  }
  await run(projectRoot, process.execPath, 'scripts/build.mjs', directory)
  const packed = await run(directory, 'npm', 'pack', '--ignore-scripts', '--json')
  const [result] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  return {
    path: join(directory, result.filename),
    directory,
    files: result.files.map((file) => file.path).toSorted(),
  }
}
