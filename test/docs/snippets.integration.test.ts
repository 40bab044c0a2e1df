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

const modulesTo = (deed: 'run' | 'serve'): SnippetModule[] =>
  modules.filter(({ snippet }) => snippet.directive.execute === deed)

test.for(modulesTo('run'))('$snippet.page:$snippet.line runs', async (module) => {
  await using database = await createDatabase()
  await expect(execute(module, folder, database.url)).resolves.toBeDefined()
})

test.for(modulesTo('serve'))('$snippet.page:$snippet.line serves a scrape', async (module) => {
  await using database = await createDatabase()
  await expect(execute(module, folder, database.url)).resolves.toContain('\nprisma_')
})
