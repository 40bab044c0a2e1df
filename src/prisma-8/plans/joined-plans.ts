import type { ExecutionPlan } from './plan.ts'

/**
 * Represents the plan of a cursor, which copies its parameters: its table is read from its text, like
 * that of raw SQL.
 */
export const rawPlan: ExecutionPlan = { ast: { kind: 'raw-query' }, sql: '', params: [] }

/**
 * Finds the plan of a statement. Prisma passes the driver the same array of parameters that its
 * middleware received in the plan, even an empty one.
 */
export class JoinedPlans {
  readonly #plans = new WeakMap<object, ExecutionPlan>()

  add(plan: ExecutionPlan): void {
    this.#plans.set(plan.params, plan)
  }

  /** @param parameters the parameters of a statement; undefined if it has none. */
  of(parameters: unknown): ExecutionPlan | undefined {
    return Array.isArray(parameters) ? this.#plans.get(parameters) : undefined
  }
}
