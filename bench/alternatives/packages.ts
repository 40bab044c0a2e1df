import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// A folder without sources, so that the types of its packages do not hide those of the project.
const folder = new URL('./packages/', import.meta.url)
const fromFolder = createRequire(new URL('package.json', folder))

/**
 * Installs the packages to compare, if they are not those of the folder's package.json. They are not
 * dependencies of the project, because only benches use them.
 */
export function installPackages(): void {
  if (isInstalled()) return
  console.error('installing bench/alternatives/packages')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

function isInstalled(): boolean {
  const { dependencies } = readManifest('package.json')
  return Object.entries(dependencies).every(([name, version]) => {
    try {
      return readManifest(`node_modules/${name}/package.json`).version === version
    } catch {
      return false
    }
  })
}

interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as Manifest
}

/** Loads a CommonJS package to compare; the caller knows the exports that it uses. */
export function requirePackage(name: string): unknown {
  return fromFolder(name)
}

/** Loads an ECMAScript module of a package to compare, by the path of its file. */
export async function importFile(path: string): Promise<unknown> {
  return await import(new URL(`node_modules/${path}`, folder).href)
}
