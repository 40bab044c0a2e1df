import type { OperationRecorder } from '../database/operations/operation-recorder.ts'
import type { ModelNames } from '../database/model-names.ts'
import type { Suppression } from '../database/suppression.ts'
import type { ErrorReporter } from '../metrics/error-reporter.ts'
import type { Instruments } from '../metrics/instruments.ts'
import { secondsSince } from '../support/elapsed.ts'
import { rawModel } from '../database/statements/parsed-statements.ts'
import { modelOfPlan } from './operations/plan-call.ts'
import type { ContractModels } from './plans/contract-models.ts'
import type { JoinedPlans } from './plans/joined-plans.ts'
import type { ExecutionPlan, HookContext } from './plans/plan.ts'

/** Prisma's report after an execution. */
interface ExecutionEnd {
  readonly completed: boolean
  /** `middleware` if another middleware, such as a cache, has answered. */
  readonly source?: string | undefined
}

/**
 * For `middleware: [metrics.middleware]` of Prisma 8's client. A structural type that fits Prisma's type
 * of a middleware.
 */
export interface PrismaMetricsMiddleware {
  readonly name: string
  readonly familyId: 'sql'
  beforeQuery?(plan: ExecutionPlan, context: HookContext): void
  beforeExecute?(plan: ExecutionPlan, context: HookContext): void
  interceptQuery(plan: ExecutionPlan, context: HookContext): Promise<undefined>
  interceptExecute(plan: ExecutionPlan, context: HookContext): Promise<undefined>
  afterQuery(plan: ExecutionPlan, end: ExecutionEnd, context: HookContext): Promise<void>
  afterExecute(plan: ExecutionPlan, end: ExecutionEnd, context: HookContext): Promise<void>
}

export interface MiddlewareSinks {
  readonly plans: JoinedPlans
  readonly contracts: ContractModels
  readonly models: ModelNames
  readonly recorder: OperationRecorder
  readonly instruments: Instruments
  readonly errorReporter: ErrorReporter
  readonly suppression: Suppression
  /** True if `metrics.instrument` counts the operations. */
  readonly instrumented: () => boolean
}

const answered: Promise<undefined> = Promise.resolve(undefined)

/**
 * Joins statements with their plans. Without `metrics.instrument` it also counts operations, by the kind
 * of their plans. A hook that threw would fail the application's query, so none does.
 */
export function createMiddleware(sinks: MiddlewareSinks): PrismaMetricsMiddleware {
  const { plans, contracts, models, recorder, instruments, errorReporter, suppression } = sinks
  // Weak: an execution that its consumer leaves early has no end.
  const begun = new WeakMap<HookContext, number>()

  const before = (_: ExecutionPlan, context: HookContext): void => {
    begun.set(context, performance.now())
  }
  const intercept = (plan: ExecutionPlan, { contract }: HookContext): Promise<undefined> => {
    errorReporter.guard(() => {
      contracts.learn(contract)
      plans.add(plan)
    })
    return answered
  }
  const after = (plan: ExecutionPlan, end: ExecutionEnd, context: HookContext): Promise<void> => {
    errorReporter.guard(() => {
      // An execution that another middleware has answered may not have come to `intercept`.
      if (end.source !== 'middleware') {
        plans.ended(plan)
        if (sinks.instrumented()) return
      }
      if (suppression.active) return
      const model = modelOfPlan(plan, models)
      const operation = plan.ast.kind
      if (end.source === 'middleware') {
        instruments.cacheRequests.with(model ?? rawModel, operation, 'hit').inc()
        return
      }
      const started = begun.get(context)
      if (started === undefined) return
      const series = recorder.seriesOf(model, operation)
      if (end.completed) recorder.succeeded(series, secondsSince(started), undefined)
      else recorder.failed(series, secondsSince(started), undefined)
    })
    return answered
  }
  return {
    name: 'prisma-prometheus',
    familyId: 'sql',
    // Prisma awaits each hook that is there.
    get beforeQuery() {
      return sinks.instrumented() ? undefined : before
    },
    get beforeExecute() {
      return sinks.instrumented() ? undefined : before
    },
    interceptQuery: intercept,
    interceptExecute: intercept,
    afterQuery: after,
    afterExecute: after,
  } as PrismaMetricsMiddleware
}
