import type { ExecutionPlan } from './plan.ts'

/**
 * Represents the plan of a cursor, which copies its parameters: its table is read from its text, like
 * that of raw SQL.
 */
export const rawPlan: ExecutionPlan = { ast: { kind: 'raw-query' }, sql: '', params: [] }

interface Joined {
  plan: ExecutionPlan
  /** Executions that have begun and not ended. */
  running: number
}

/**
 * Finds the plan of a statement. Prisma passes the driver the same array of parameters that its
 * middleware received in the plan, even an empty one.
 */
export class JoinedPlans {
  /**
   * Weak: an execution that its consumer leaves early, or that another middleware answers, has no end. The
   * others are removed, since V8's minor garbage collections keep all values of such a map.
   */
  readonly #plans = new WeakMap<object, Joined>()

  /** Adds the plan of an execution that begins. One array may have several at the same time. */
  add(plan: ExecutionPlan): void {
    const joined = this.#plans.get(plan.params)
    if (joined === undefined) this.#plans.set(plan.params, { plan, running: 1 })
    else {
      joined.plan = plan
      joined.running += 1
    }
  }

  /** Follows the end of an execution that was added. */
  ended({ params }: ExecutionPlan): void {
    const joined = this.#plans.get(params)
    if (joined === undefined) return
    joined.running -= 1
    if (joined.running === 0) this.#plans.delete(params)
  }

  /** @param parameters the parameters of a statement; undefined if it has none. */
  of(parameters: unknown): ExecutionPlan | undefined {
    return Array.isArray(parameters) ? this.#plans.get(parameters)?.plan : undefined
  }
}
