import { expect, test } from 'vitest'
import { JoinedPlans } from '../../../src/prisma-8/plans/joined-plans.ts'
import type { ExecutionPlan } from '../../../src/prisma-8/plans/plan.ts'

const planOf = (params: readonly unknown[]): ExecutionPlan => ({
  ast: { kind: 'select' },
  sql: 'SELECT 1',
  params,
})

test('keeps a plan while one of its executions runs', () => {
  const plans = new JoinedPlans()
  const plan = planOf([1])
  plans.add(plan)
  plans.add(plan)
  plans.ended(plan)
  expect(plans.of(plan.params)).toBe(plan)
  plans.ended(plan)
  expect(plans.of(plan.params)).toBeUndefined()
})

test('returns the newest plan of an array of parameters', () => {
  const plans = new JoinedPlans()
  const params: unknown[] = []
  const [first, second] = [planOf(params), planOf(params)]
  plans.add(first)
  plans.add(second)
  expect(plans.of(params)).toBe(second)
  plans.ended(first)
  expect(plans.of(params)).toBe(second)
})

test('ignores the end of a plan that was not added', () => {
  const plans = new JoinedPlans()
  const plan = planOf([])
  plans.ended(plan)
  plans.add(plan)
  expect(plans.of([])).toBeUndefined()
  expect(plans.of(plan.params)).toBe(plan)
})
