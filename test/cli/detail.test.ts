import { expect, test } from 'vitest'
import { runCommand } from './run-command.ts'

const alertsIn = (text: string): string[] =>
  [...text.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name)

test('omits and lists the alerts that a level cannot support', async () => {
  const whole = await runCommand('alerts', '--out', '-')
  const low = await runCommand('alerts', '--out', '-', '--detail', 'low')
  expect(low.out).toBe(whole.out)
  expect(low.error).toBe('')
  const minimal = await runCommand('alerts', '--out', '-', '--detail', 'minimal')
  expect(minimal.code).toBe(0)
  const omitted = [...minimal.error.matchAll(/note: (\w+) is omitted: /g)].map(([, name]) => name)
  expect(omitted).toContain('PrismaRouteFailing')
  expect(omitted).toContain('PrismaSlowerThanBefore')
  const kept = alertsIn(minimal.out)
  expect(kept).toContain('PrismaPoolExhausted')
  expect([...kept, ...omitted].toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual(
    alertsIn(whole.out).toSorted((a, b) => (a < b ? -1 : 1)),
  )
})

test('omits an alert whose threshold is not a bound of the level', async () => {
  const { error } = await runCommand(
    'alerts',
    '--out',
    '-',
    '--detail',
    'low',
    '--set',
    'latencySeconds=0.1',
  )
  expect(error).toContain(
    'PrismaLatencyBudgetBurn is omitted: prisma_operation_duration_seconds has no bound 0.1 with --detail low',
  )
})

test('refuses an unknown level', async () => {
  const { code, error } = await runCommand('alerts', '--out', '-', '--detail', 'lowest')
  expect(code).toBe(2)
  expect(error).toContain('--detail: expected minimal, low, normal, high, got "lowest"')
})
