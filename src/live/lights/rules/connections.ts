import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { isUnreachable } from '../../record/alert-counters.ts'
import { connectionsOf } from '../../record/histories.ts'
import { counted, digits, duration, percent } from '../../sections/format.ts'
import { grown, holder, minutes, naming, quantileOf, recordedSeconds } from '../growth.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

export const connectionRules: readonly LightRule[] = [
  { alert: 'PrismaPoolExhausted', find: poolExhausted },
  { alert: 'PrismaConnectionFailures', find: connectionFailures },
  { alert: 'PrismaConnectionChurn', find: churn },
  { alert: 'PrismaPoolWaiting', find: waits('acquire', 'a connection', t.poolWaitSeconds) },
  { alert: 'PrismaTransactionWaiting', find: waits('wait', 'BEGIN', t.transactionWaitSeconds) },
]

function poolExhausted(context: LightContext): Finding {
  const { recorded, client } = context
  const [busy = Number.NaN, , max = Number.NaN, waiting = Number.NaN] = connectionsOf(
    recorded.reading,
    client,
  )
  const known = [busy, max, waiting].every(Number.isFinite)
  const firing = known ? busy >= max && waiting > 0 : undefined
  return {
    firing,
    sentence: known
      ? `${counted(waiting, 'caller')} waiting, ${digits(busy)} of ${counted(max, 'connection')} busy.${firing === true ? holder(context, minutes(5)) : ''}`
      : 'The pool does not report its connections.',
    value: known ? `${digits(busy)} of ${digits(max)} busy` : '–',
    threshold: 'all busy and callers waiting',
    windowSeconds: 0,
  }
}

function connectionFailures(context: LightContext): Finding {
  const { unreachable } = grown(context, minutes(5))
  const kind = naming(
    context,
    'kind',
    minutes(5),
    (name) => `Most frequent error: ${name}.`,
    ({ names: [name = ''], values: [count = 0] }) => (isUnreachable(name) ? count : 0),
  )
  return {
    firing: unreachable > t.connectionFailures,
    sentence: `${counted(unreachable, 'failed attempt')} to connect.${kind}`,
    value: digits(unreachable),
    threshold: `more than ${t.connectionFailures}`,
    windowSeconds: minutes(5),
  }
}

function churn(context: LightContext): Finding {
  const { opened, statements } = grown(context, minutes(5))
  const perSecond = opened / recordedSeconds(context, minutes(5))
  const ratio = statements === 0 ? 0 : opened / statements
  return {
    firing: ratio > t.churnRatio && perSecond > t.churnPerSecond,
    sentence: `${counted(opened, 'connection')} opened for ${counted(statements, 'statement')}.`,
    value: percent(ratio),
    threshold: `more than ${percent(t.churnRatio)} and ${t.churnPerSecond} per second`,
    windowSeconds: minutes(5),
  }
}

function waits(
  key: 'acquire' | 'wait',
  what: string,
  limit: number,
): (context: LightContext) => Finding {
  return (context) => {
    const seconds = quantileOf(context, key, 0.95, minutes(5))
    const firing = seconds !== undefined && seconds > limit
    return {
      firing,
      sentence:
        seconds === undefined
          ? `Nothing waited for ${what}.`
          : `One in twenty waits ${duration(seconds)} or longer for ${what}.${firing ? holder(context, minutes(5)) : ''}`,
      value: seconds === undefined ? '–' : duration(seconds),
      threshold: `p95 over ${duration(limit)}`,
      windowSeconds: minutes(5),
    }
  }
}
