import { expect, test } from 'vitest'
import { lightRules } from '../../src/live/lights/rules.ts'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'

/** Alerts without a light. */
const withoutLight = [
  // A process that is down shows no page.
  'PrismaTargetDown',
  // They compare with a day before.
  'PrismaWriteSurge',
  'PrismaWritesStalled',
  'PrismaSlowerThanBefore',
  // The page does not evaluate them yet.
  'PrismaConnectionChurn',
  'PrismaIdleInTransaction',
  'PrismaJobWithoutOperations',
  'PrismaOperationFailing',
  'PrismaRouteFailing',
  'PrismaRowsRolledBack',
  'PrismaTransactionsTimedOut',
]

test('has a light for every shipped alert but those that it names', () => {
  const shipped = alertRules(defaultSettings).flatMap(({ rules }) =>
    rules.map(({ alert }) => alert),
  )
  const lights = lightRules.map(({ alert }) => alert)
  expect(new Set([...lights, ...withoutLight])).toEqual(new Set(shipped))
})
