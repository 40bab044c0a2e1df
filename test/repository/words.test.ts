import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { testNamesOf } from './test-names.ts'
import { testNameRules, type WordRule, wordRules } from './words.ts'

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The space of a rule's pattern: a gap between two words, which may be the line break of a comment. */
const gap = String.raw`\s+(?:(?://|#|\*)\s+)?`

interface Prose {
  readonly file: string
  readonly text: string
}

function breaches(prose: readonly Prose[], rules: readonly WordRule[]): string[] {
  return rules.flatMap(({ pattern, use }) => {
    const search = new RegExp(pattern.source.replaceAll(' ', gap), `${pattern.flags}g`)
    return prose.flatMap(({ file, text }) =>
      [...text.matchAll(search)].map(({ 0: words, index }) => {
        const line = text.slice(0, index).split('\n').length
        return `${file}:${line}: "${words.replaceAll(/\s+/g, ' ')}": use ${use}`
      }),
    )
  })
}

function filesBelow(path: string, ending: string): string[] {
  return statSync(join(projectRoot, path)).isFile()
    ? [path]
    : readdirSync(join(projectRoot, path), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith(ending) && !/generated|node_modules/.test(file))
        .map((file) => join(path, file))
}

function read(file: string): Prose {
  const text = readFileSync(join(projectRoot, file), 'utf8')
  // Code that a page names in a sentence is not prose.
  return {
    file,
    text: file.endsWith('.md') ? text.replaceAll(/(?<!`)`[^`\n]+`(?!`)/g, '``') : text,
  }
}

test.for([...wordRules, ...testNameRules])('detects "$rule"', (rule) => {
  expect(breaches([{ file: 'page.md', text: rule.not }], [rule])).toHaveLength(1)
  expect(breaches([{ file: 'page.md', text: rule.but }], [rule])).toEqual([])
})

test('detects words that a line break of a comment separates', () => {
  const text = '// runs inside\n    // of it, or inside\n * of it'
  expect(breaches([{ file: 'a.ts', text }], wordRules)).toHaveLength(2)
})

test.for([
  ...['src', 'example', 'bench', 'scripts'].map((path) => ({ path, ending: '.ts' })),
  ...['docs', 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((path) => ({
    path,
    ending: '.md',
  })),
  { path: '.ci', ending: '' },
])('uses plain words in $path', ({ path, ending }) => {
  expect(breaches(filesBelow(path, ending).map(read), wordRules)).toEqual([])
})

test('uses plain words in the names of tests', () => {
  const names = filesBelow('test', '.test.ts').flatMap((file) =>
    testNamesOf(read(file).text).map((text) => ({ file: `${file} '${text}'`, text })),
  )
  expect(breaches(names, [...wordRules, ...testNameRules])).toEqual([])
})

test('finds the names of tests', () => {
  const source = `
    test('one', () => {})
    test.for([{ a: (1) }, ')'])(
      'two of $a', () => {})
    describe.skipIf(x).for(y)("three", it('four', z))
  `
  expect(testNamesOf(source)).toEqual(['one', 'two of $a', 'three', 'four'])
})
