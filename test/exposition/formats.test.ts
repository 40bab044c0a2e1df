import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { metricsResponse } from '../../src/index.ts'
import { comparable, expectedFamilies } from './expected.ts'
import { build, model } from './model.ts'
import { findPython, startParsers } from './python-parsers.ts'

const accepts = {
  text: 'text/plain;version=0.0.4',
  openmetrics: 'application/openmetrics-text;version=1.0.0',
} as const

describe("the Python client's parsers read what was recorded", () => {
  const python = findPython()
  const parsers = python === undefined ? undefined : startParsers(python)
  afterAll(() => parsers?.[Symbol.dispose]())

  test.for(['text', 'openmetrics'] as const)(
    '%s: hostile names, help texts, label values and numbers',
    { timeout: 60_000 },
    async (format, { skip }) => {
      skip(parsers === undefined, 'no Python with prometheus_client')
      await fc.assert(
        fc.asyncProperty(model, async (given) => {
          const names = given.families.map(({ name }) => `name[]=${name}`).join('&')
          const url = `http://127.0.0.1/metrics?${names}`
          const headers = { accept: accepts[format] }
          const options = { registry: build(given) }
          const response = await metricsResponse(new Request(url, { headers }), options)
          const parsed = await parsers?.parse(format, await response.text())
          expect(comparable(parsed ?? [])).toEqual(comparable(expectedFamilies(given, format)))
        }),
        { numRuns: 500 },
      )
    },
  )
})
