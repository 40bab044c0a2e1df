import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exposeMetrics, metricsResponse } from '../../../src/index.ts'

const page = readFileSync(new URL('../../../docs/exposition.md', import.meta.url), 'utf8')

/** The names of the options, as the error for a wrong one tells them. */
function namesIn(error: unknown): string[] {
  const [, names = ''] = /expected only (.*), got "nonsense"$/.exec(String(error)) ?? []
  return names.split(', ')
}

test('documents every option, and no others', async () => {
  const options = { registry: new Registry(), nonsense: true }
  const names: string[] = []
  try {
    exposeMetrics(undefined, options)
  } catch (error) {
    names.push(...namesIn(error))
  }
  await metricsResponse(new Request('http://x/'), options).catch((error: unknown) => {
    names.push(...namesIn(error))
  })
  const table = page.split(/^## /m).find((section) => section.startsWith('Every option')) ?? ''
  const documented = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  expect(new Set(documented)).toEqual(new Set(names))
  expect(documented).toHaveLength(new Set(names).size)
})
