import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Snippet, snippetsOf } from './snippet.ts'

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The pages for readers, as paths in the repository. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
]

export const snippets: readonly Snippet[] = pages.flatMap((page) =>
  snippetsOf(page, readFileSync(join(projectRoot, page), 'utf8')),
)
