import type { ExecutionPlan } from './plan.ts'

/**
 * Stands for the plan of a cursor, which copies its parameters: its table is read from its text, like
 * that of raw SQL.
 */
export const rawPlan: ExecutionPlan = { ast: { kind: 'raw-query' }, sql: '', params: [] }

/**
 * Finds the plan behind a statement. Prisma gives the driver the very array of parameters that its
 * middleware saw in the plan, an empty one included.
 */
export class JoinedPlans {
  readonly #plans = new WeakMap<object, ExecutionPlan>()

  add(plan: ExecutionPlan): void {
    this.#plans.set(plan.params, plan)
  }

  /** @param parameters those of a statement; undefined if it was sent without any. */
  of(parameters: unknown): ExecutionPlan | undefined {
    return Array.isArray(parameters) ? this.#plans.get(parameters) : undefined
  }
}
