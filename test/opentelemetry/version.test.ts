import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { version } from '../../src/support/version.ts'

test('the version that exports carry is the one of package.json', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  expect(JSON.parse(manifest)).toMatchObject({ version })
})
