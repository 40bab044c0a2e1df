import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import type { SnippetModule } from './modules.ts'
import { projectRoot } from './pages.ts'

/** Compiles the written modules and returns the errors by module, with line numbers of the pages. */
export function compile(
  modules: readonly SnippetModule[],
  folder: string,
): Map<SnippetModule, string[]> {
  const complaints = new Map<SnippetModule, string[]>(modules.map((module) => [module, []]))
  const tsc = join(projectRoot, 'node_modules/.bin/tsc')
  const { stdout, error } = spawnSync(tsc, ['-p', folder, '--pretty', 'false'], {
    cwd: projectRoot,
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  let last: string[] | undefined
  for (const line of stdout.split('\n').filter(Boolean)) {
    const [, file = '', row, message] = /^([^(\s]+)\((\d+),\d+\): (.*)$/.exec(line) ?? []
    if (message === undefined) {
      // An indented line continues the message above it; any other line concerns the whole run.
      if (!line.startsWith(' ')) throw new Error(`tsc: ${line}`)
      last?.push(line)
      continue
    }
    const path = resolve(projectRoot, file)
    const module = modules.find((candidate) => candidate.path === path)
    last = module && complaints.get(module)
    if (module !== undefined) last?.push(`${module.origin(Number(row))}: ${message}`)
    // `npm run typecheck` reports errors outside the pages.
    else if (path.startsWith(folder)) throw new Error(`tsc: ${line}`)
  }
  return complaints
}
