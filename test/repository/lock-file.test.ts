import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >
}

// npm leaves out a platform's package that the registry at hand does not have (yet), and then
// refuses its own lock file: `npm ci` fails, and on that platform the tool would not start.
test('locks the optional packages of every platform', () => {
  const lockFile = new URL('../../package-lock.json', import.meta.url)
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as LockFile
  const installed = new Set(Object.keys(packages).map((path) => path.split('node_modules/').pop()))
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !installed.has(name))
      .map((name) => `${name}, of ${path}`),
  )
  expect(missing).toEqual([])
})
