import { expect, test } from 'vitest'
import { judge, type Notified } from '../../drill/verdict.ts'
import type { Target } from '../../drill/faults/fault.ts'

const target: Target = {
  places: ['GET /alerts'],
  names: ['GET /alerts', 'Tag.create'],
  guilty: ['GET /alerts', 'Tag.create'],
  hasLine: true,
}

const alert = (
  afterSeconds: number,
  labels: Readonly<Record<string, string>>,
  description = '',
): Notified => ({ afterSeconds, labels, annotations: { summary: '', description } })

test('finds the first alert that names the culprit, in labels or in its text', () => {
  const unnamed = alert(3, { alertname: 'PrismaPoolWaiting', client: 'default' })
  const inText = alert(9, { alertname: 'PrismaPoolExhausted' }, 'GET /alerts holds them.')
  const inLabels = alert(7, {
    alertname: 'PrismaOperationFailing',
    model: 'Tag',
    operation: 'create',
  })
  const verdict = judge([inText, unnamed, inLabels], target)
  expect(verdict.first).toBe(unnamed)
  expect(verdict.naming).toBe(inLabels)
  expect(verdict.others).toEqual(['PrismaPoolWaiting', 'PrismaPoolExhausted'])
})

test('does not count a link as naming the culprit', () => {
  const linked: Notified = {
    ...alert(1, { alertname: 'PrismaPoolWaiting' }),
    annotations: { dashboard_url: '/d/prisma-requests?var-scope=GET /alerts' },
  }
  expect(judge([linked], target).naming).toBeUndefined()
})

test('reports alerts that blame another scope or operation without saying that it waits', () => {
  const victim = alert(1, { alertname: 'PrismaSlowOperations', model: 'Alert', operation: 'count' })
  const otherScope = alert(2, { alertname: 'PrismaNPlusOne', scope: 'GET /' })
  const waiting = alert(3, { alertname: 'PrismaX', scope: 'GET /' }, 'It waits for a connection.')
  const general = alert(4, { alertname: 'PrismaPoolExhausted', client: 'default' })
  const culprit = alert(5, { alertname: 'PrismaNPlusOne', scope: 'GET /alerts', model: 'Alert' })
  expect(judge([victim, otherScope, waiting, general, culprit], target).victims).toEqual([
    victim,
    otherScope,
  ])
})
