import { expect, test } from 'vitest'
import { lightRules } from '../../src/live/lights/rules.ts'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'

/** Alerts that one process cannot evaluate. */
const notByOneProcess = {
  PrismaTargetDown: 'a process that is down shows no page',
  PrismaWriteSurge: 'needs the average of a day',
  PrismaWritesStalled: 'needs the same half hour of the day before',
}

test('has a light for every shipped alert that one process can evaluate', () => {
  const shipped = alertRules(defaultSettings).flatMap(({ rules }) =>
    rules.map(({ alert }) => alert),
  )
  const lights = lightRules.map(({ alert }) => alert)
  expect(new Set([...lights, ...Object.keys(notByOneProcess)])).toEqual(new Set(shipped))
})
