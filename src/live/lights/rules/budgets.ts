import { fastestBurn } from '../../../monitoring/alerts/budgets.ts'
import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { isExpected } from '../../record/alert-counters.ts'
import { counted, digits, duration, percent } from '../../sections/format.ts'
import { type Grown, grown, minutes, naming } from '../growth.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

/** The error budgets, with the windows of the fastest burn rate: 1 h and 5 min. */
export const budgetRules: readonly LightRule[] = [
  { alert: 'PrismaErrorBudgetBurn', find: failures },
  { alert: 'PrismaLatencyBudgetBurn', find: late },
]

function unexpected({ names: [, , code = ''], values: [count = 0] }: Grown): number {
  return isExpected(code) ? 0 : count
}

function failures(context: LightContext): Finding {
  const top = naming(
    context,
    'code',
    minutes(5),
    (model, operation, code) => `Most of them: ${model}.${operation}, ${code}.`,
    unexpected,
  )
  return burn(context, 'failed', 'failed', 1 - t.errorObjective, top)
}

function late(context: LightContext): Finding {
  const top = naming(
    context,
    'operation',
    minutes(5),
    (model, operation) => `Most of the time: ${model}.${operation}.`,
    ({ values: [, seconds = 0] }) => seconds,
  )
  return burn(
    context,
    'late',
    `took over ${duration(t.latencySeconds)}`,
    1 - t.latencyObjective,
    top,
  )
}

function burn(
  context: LightContext,
  counter: 'failed' | 'late',
  verb: string,
  allowed: number,
  top: string,
): Finding {
  const limit = Number((fastestBurn * allowed).toPrecision(6))
  const long = grown(context, minutes(60))
  const short = grown(context, minutes(5))
  const share = ({ operations, [counter]: bad }: typeof long): number =>
    operations === 0 ? 0 : bad / operations
  const count = short[counter]
  return {
    firing: long.operations > t.sloMinimumOperations && share(long) > limit && share(short) > limit,
    sentence: `${digits(count)} of ${counted(short.operations, 'operation')} ${verb} in the last 5 min.${count === 0 ? '' : top}`,
    value: percent(share(short)),
    threshold: `more than ${percent(limit)} in 1 h and in 5 min`,
    windowSeconds: minutes(60),
  }
}
