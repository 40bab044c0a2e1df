import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { benches, markerOf } from '../../bench/benches.ts'
import { pages, projectRoot } from './pages.ts'

const expected = Object.entries(benches).flatMap(([name, { page, nodes }]) =>
  (nodes ?? [undefined]).map((node) => ({ page, marker: markerOf(name, node) })),
)

test.for(pages)('has each marker of a bench once in %s, and no other', (page) => {
  const text = readFileSync(join(projectRoot, page), 'utf8')
  const found = [...text.matchAll(/^<!-- (\/?bench .+) -->$/gm)].map(([, marker]) => marker)
  const opened = found.filter((marker) => marker?.startsWith('bench'))
  expect(found).toEqual(opened.flatMap((marker) => [marker, `/${marker}`]))
  const own = expected.filter((each) => each.page === page).map(({ marker }) => marker)
  expect(opened).toHaveLength(own.length)
  expect(new Set(opened)).toEqual(new Set(own))
})

test.for(Object.entries(benches))('finds the program and the page of %s', ([, { page, run }]) => {
  expect(pages).toContain(page)
  expect(existsSync(join(projectRoot, run[0]))).toBe(true)
})
