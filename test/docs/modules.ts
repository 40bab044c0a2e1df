import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { projectRoot } from './pages.ts'
import type { Snippet } from './snippet.ts'

/** The module with the names that a snippet may use without declaring them. */
const givenNames = join(projectRoot, 'test/docs/given.ts')

/** A snippet as a module, including the snippets that it continues. */
export interface SnippetModule {
  readonly path: string
  readonly snippet: Snippet
  readonly text: string
  /** Maps a line of the module to a line of the page, both counted from 1. */
  readonly origin: (line: number) => string
}

const extensions: Readonly<Record<string, string>> = {
  ts: 'ts',
  typescript: 'ts',
  tsx: 'tsx',
  js: 'mjs',
  javascript: 'mjs',
  mjs: 'mjs',
}

/** Returns the modules of the snippets, in a folder per page below `folder`. */
export function modulesOf(snippets: readonly Snippet[], folder: string): SnippetModule[] {
  const modules: SnippetModule[] = []
  for (const snippet of snippets) {
    const extension = extensions[snippet.language]
    if (extension === undefined || snippet.directive.skip !== undefined) continue
    const { page, line, directive, code } = snippet
    const before = modules.findLast((module) => module.snippet.page === page)
    if (directive.continues && before === undefined) {
      throw new Error(`${page}:${line}: nothing on the page that this snippet could continue`)
    }
    const project = projectOf(page, folder)
    const path = join(project, directive.name ?? `line-${line}.${extension}`)
    const names = directive.given.join(', ')
    const given = names && `import { ${names} } from '${relative(dirname(path), givenNames)}'`
    const start = `${directive.continues ? before?.text : given}\n`
    const linesBefore = start.split('\n').length - 1
    modules.push({
      path,
      snippet,
      text: start + code,
      origin: (at) =>
        at > linesBefore ? `${page}:${line + at - linesBefore - 1}` : (before?.origin(at) ?? page),
    })
  }
  return modules
}

/** The project folder of a page. */
function projectOf(page: string, folder: string): string {
  return join(folder, page.replace(/\.md$/, '').replaceAll('/', '-').toLowerCase())
}

/**
 * Writes the modules, the generated client that a page imports from `./generated/prisma/client.ts`,
 * and the configuration under which a reader would compile them.
 */
export function writeModules(modules: readonly SnippetModule[], folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  for (const { path, text } of modules) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  for (const page of new Set(modules.map(({ snippet }) => snippet.page))) {
    const client = join(projectOf(page, folder), 'generated/prisma')
    mkdirSync(client, { recursive: true })
    const source = relative(client, join(projectRoot, 'prisma/generated/client.ts'))
    writeFileSync(join(client, 'client.ts'), `export * from '${source}'\n`)
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration(), null, 2))
}

/** The defaults of a new project: pages must compile for the reader, not with this repository's stricter rules. */
function configuration(): object {
  return {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023'],
      module: 'preserve',
      moduleResolution: 'bundler',
      moduleDetection: 'force',
      types: ['node'],
      strict: true,
      allowJs: true,
      checkJs: true,
      jsx: 'react-jsx',
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      paths: entryPointSources(),
    },
    include: ['.'],
  }
}

/** The entry points of `prisma-prometheus`, mapped to their sources. */
function entryPointSources(): Record<string, string[]> {
  const { name, exports } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    name: string
    exports: Record<string, string | { default: string }>
  }
  const sources: Record<string, string[]> = {}
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue
    const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
    sources[name + path.slice(1)] = [join(projectRoot, source)]
  }
  return sources
}
