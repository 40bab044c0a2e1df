import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { compile } from './compile.ts'
import { modulesOf, type SnippetModule, writeModules } from './modules.ts'
import { projectRoot, snippets } from './pages.ts'
import { snippetsOf } from './snippet.ts'

const folder = join(projectRoot, 'test/docs/generated/compiled')

const modules = modulesOf(snippets, folder)

const wrongPage = 'test/docs/wrong.md'
const wrongSnippets = snippetsOf(wrongPage, readFileSync(join(projectRoot, wrongPage), 'utf8'))
const wrongModules = modulesOf(wrongSnippets, folder)

let complaints: Map<SnippetModule, string[]>

beforeAll(() => {
  const all = [...modules, ...wrongModules]
  writeModules(all, folder)
  complaints = compile(all, folder)
}, 60_000)

test.for(modules)('compiles $snippet.page:$snippet.line', (module) => {
  expect(complaints.get(module)).toEqual([])
})

test('reports a snippet that does not compile by page and line', () => {
  expect(wrongModules.map((module) => complaints.get(module))).toMatchInlineSnapshot(`
    [
      [
        "test/docs/wrong.md:9: error TS2322: Type 'number' is not assignable to type 'string'.",
      ],
      [
        "test/docs/wrong.md:9: error TS2322: Type 'number' is not assignable to type 'string'.",
        "test/docs/wrong.md:17: error TS2339: Property 'size' does not exist on type 'string'.",
      ],
    ]
  `)
})

test('names a language for every fence', () => {
  const silent = snippets.filter(({ language }) => language === '')
  expect(silent.map(({ page, line }) => `${page}:${line}`)).toEqual([])
})

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  json: JSON.parse,
  yaml: parseYaml,
  yml: parseYaml,
}

function parseYaml(text: string): void {
  for (const { errors } of parseAllDocuments(text)) {
    if (errors[0] !== undefined) throw errors[0]
  }
}

test('parses every JSON and YAML block', () => {
  for (const { page, line, language, code } of snippets) {
    expect(() => parsers[language]?.(code), `${page}:${line}`).not.toThrow()
  }
})
