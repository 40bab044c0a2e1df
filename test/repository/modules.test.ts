import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { modules } from '../../scripts/modules.ts'

const source = fileURLToPath(new URL('../../src', import.meta.url))

interface Import {
  readonly file: string
  readonly target: string
}

const importPattern = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

// Type-only imports count as well: a circle of types still ties two files together.
const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(join(source, file), 'utf8').matchAll(importPattern)].map(
    ([, specifier = '']) => ({ file, target: resolve(file, specifier) }),
  ),
)

/** The path in `src/` of a relative import; any other specifier unchanged. */
function resolve(file: string, specifier: string): string {
  return specifier.startsWith('.') ? `./${normalize(join(file, '..', specifier))}` : specifier
}

/** The module with the longest name that `path` starts with. */
function moduleOf(path: string): string {
  const plain = path.replace(/^\.\//, '')
  const names = Object.keys(modules).filter((name) => plain.startsWith(name))
  return names.toSorted((a, b) => b.length - a.length)[0] ?? plain
}

test('lists every module of src/, each below the modules that it imports', () => {
  const names = Object.keys(modules)
  expect(new Set(files.map(moduleOf))).toEqual(new Set(names))
  for (const [index, [name, module]] of Object.entries(modules).entries()) {
    const above = names.slice(0, index)
    expect(above, `modules that ${name} may import`).toEqual(
      expect.arrayContaining([...module.imports]),
    )
  }
})

test('imports only modules and packages that the table allows', () => {
  const strays = imports.filter(({ file, target }) => {
    const module = modules[moduleOf(file)]
    if (!target.startsWith('./')) return !module?.packages.includes(target)
    return moduleOf(target) !== moduleOf(file) && !module?.imports.includes(moduleOf(target))
  })
  expect(strays.map(({ file, target }) => `src/${file} imports ${target}`)).toEqual([])
})

test('has no circle of files, type-only imports included', () => {
  const targets = new Map<string, string[]>()
  for (const { file, target } of imports) {
    if (target.startsWith('./')) targets.set(file, [...(targets.get(file) ?? []), target.slice(2)])
  }
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) {
      circles.push([...path.slice(start), file].join(' → '))
      return
    }
    if (done.has(file)) return
    for (const target of targets.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('keeps at most 15 files directly in a folder', () => {
  const counts = new Map<string, number>()
  for (const file of files) {
    const folder = join(file, '..')
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  expect([...counts].filter(([, count]) => count > 15)).toEqual([])
})
