import { readFileSync, writeFileSync } from 'node:fs'
import { catalogueTable, fillMarker } from './catalogue-table.ts'

// Writes what the catalogue determines into the pages: `npm run tables`. A test fails when it is stale.
const readme = new URL('../README.md', import.meta.url)
writeFileSync(readme, fillMarker(readFileSync(readme, 'utf8'), 'catalogue', catalogueTable()))
