import { readFileSync, writeFileSync } from 'node:fs'
import { fillMarker } from './catalogue-table.ts'
import { tables } from './tables.ts'

// Writes what the sources determine into the pages: `npm run tables`. A test fails when it is stale.
for (const [page, markers] of Object.entries(tables)) {
  const file = new URL(`../${page}`, import.meta.url)
  let text = readFileSync(file, 'utf8')
  for (const [marker, content] of Object.entries(markers)) {
    text = fillMarker(text, marker, content())
  }
  writeFileSync(file, text)
}
