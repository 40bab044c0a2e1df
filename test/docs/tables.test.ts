import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fillMarker } from '../../scripts/catalogue-table.ts'
import { tables } from '../../scripts/tables.ts'
import { projectRoot } from './pages.ts'

const markers = Object.entries(tables).flatMap(([page, contents]) =>
  Object.entries(contents).map(([marker, content]) => ({ page, marker, content })),
)

test.for(markers)(
  'keeps $marker in $page up to date with the sources (`npm run tables`)',
  ({ page, marker, content }) => {
    const text = readFileSync(join(projectRoot, page), 'utf8')
    expect(fillMarker(text, marker, content())).toBe(text)
  },
)
