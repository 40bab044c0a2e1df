import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exposeMetrics, metricsResponse } from '../../src/index.ts'

const page = readFileSync(new URL('../../docs/exposition.md', import.meta.url), 'utf8')

/** The names of the options, as the error for a wrong one tells them. */
function namesIn(error: unknown): string[] {
  const [, names = ''] = /expected only (.*), got "nonsense"$/.exec(String(error)) ?? []
  return names.split(', ')
}

test('the page has every option, and no other', async () => {
  const options = { registry: new Registry(), nonsense: true }
  const names = new Set<string>()
  try {
    exposeMetrics(undefined, options)
  } catch (error) {
    for (const name of namesIn(error)) names.add(name)
  }
  await metricsResponse(new Request('http://x/'), options).catch((error: unknown) => {
    for (const name of namesIn(error)) names.add(name)
  })
  const [, table = ''] = page.split('## Every option')
  const documented = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  expect(documented.toSorted()).toEqual([...names].toSorted())
})
