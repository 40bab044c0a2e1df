import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogueTable, fillMarker } from '../../scripts/catalogue-table.ts'
import { projectRoot } from './pages.ts'

test('the table of metrics in README.md is that of the catalogue (`npm run tables` writes it)', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
  expect(fillMarker(readme, 'catalogue', catalogueTable())).toBe(readme)
})
