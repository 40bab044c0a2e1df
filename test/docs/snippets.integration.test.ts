import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createDatabase } from '../support/database/database.ts'
import { execute } from './execute.ts'
import { modulesOf, type SnippetModule, writeModules } from './modules.ts'
import { projectRoot, snippets } from './pages.ts'

const folder = join(projectRoot, 'test/docs/generated/executed')

const modules = modulesOf(snippets, folder)

beforeAll(() => {
  writeModules(modules, folder)
})

const modulesTo = (mode: 'run' | 'serve'): SnippetModule[] =>
  modules.filter(({ snippet }) => snippet.directive.execute === mode)

test.for(modulesTo('run'))('runs $snippet.page:$snippet.line to its end', async (module) => {
  await using database = await createDatabase()
  await expect(execute(module, folder, database.url)).resolves.toBeDefined()
})

test.for(modulesTo('serve'))('serves a scrape with $snippet.page:$snippet.line', async (module) => {
  await using database = await createDatabase()
  await expect(execute(module, folder, database.url)).resolves.toContain('\nprisma_')
})
