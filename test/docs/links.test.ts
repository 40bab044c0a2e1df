import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pages, projectRoot } from './pages.ts'

/** The id that GitHub assigns to a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

function anchorsOf(path: string): string[] {
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) => anchorOf(heading))
}

test.for(pages)('resolves every link of %s inside the repository', (page) => {
  const markdown = readFileSync(join(projectRoot, page), 'utf8').replaceAll(/^(`{3,}).*?\1$/gms, '')
  const targets = [...markdown.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)]
  const broken = targets.flatMap(([, target = '']) => {
    const [file = '', anchor] = target.split('#')
    const path = file === '' ? join(projectRoot, page) : join(projectRoot, page, '..', file)
    if (!existsSync(path)) return [target]
    return anchor === undefined || anchorsOf(path).includes(anchor) ? [] : [target]
  })
  expect(broken).toEqual([])
})
