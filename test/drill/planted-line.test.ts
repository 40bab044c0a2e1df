import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { plantedLine } from '../../drill/planted-line.ts'

const file = fileURLToPath(new URL('../../drill/service/prisma-7-disturbances.ts', import.meta.url))
const planted = readFileSync(file, 'utf8').split('\n').indexOf('        // planted') + 2

const reported = (line: number, place = file) => ({
  callback: 'onSuspect',
  stack: `at somewhere (node:internal:1:1)\nat n-plus-one (${place}:${line}:9)`,
})

test('finds the line that follows a comment `planted`', () => {
  const expected = `onSuspect: drill/service/prisma-7-disturbances.ts:${planted}`
  expect(plantedLine([reported(1), reported(planted)])).toBe(expected)
  expect(plantedLine([reported(planted, `file://${file}`)])).toBe(expected)
})

test('finds no other line', () => {
  expect(plantedLine([reported(planted - 1), reported(planted + 1)])).toBeUndefined()
  expect(plantedLine([])).toBeUndefined()
})
