import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { counted, digits, duration, percent } from '../../sections/format.ts'
import { grown, holder, minutes, most, naming, recordedSeconds } from '../growth.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

export const transactionRules: readonly LightRule[] = [
  { alert: 'PrismaIdleInTransaction', find: idle },
  { alert: 'PrismaLongTransactions', find: long },
  { alert: 'PrismaTransactionsTimedOut', find: timedOut },
  { alert: 'PrismaWriteConflicts', find: conflicts },
  { alert: 'PrismaRowsRolledBack', find: rowsRolledBack },
  { alert: 'PrismaRollbackRatio', find: rollbacks },
]

function idle(context: LightContext): Finding {
  const { names, score } = most(context, 'idle', minutes(5))
  const connections = score / recordedSeconds(context, minutes(5))
  return {
    firing: connections > t.idleTransactions,
    sentence:
      score === 0
        ? 'No transaction was idle.'
        : `Idle transactions of ${names.join()} hold ${counted(connections, 'connection')} on average.`,
    value: digits(connections),
    threshold: `more than ${t.idleTransactions} of one scope`,
    windowSeconds: minutes(5),
  }
}

function long(context: LightContext): Finding {
  const { names, score } = most(context, 'long', minutes(15))
  return {
    firing: score > 0,
    sentence:
      score === 0
        ? 'No transaction was open for longTransaction.seconds.'
        : `${counted(score, 'transaction')} of ${names.join()} open for longTransaction.seconds or longer.`,
    value: digits(score),
    threshold: 'any',
    windowSeconds: minutes(15),
  }
}

function timedOut(context: LightContext): Finding {
  const { timedOut: count } = grown(context, minutes(15))
  const seconds = duration(t.transactionSeconds)
  return {
    firing: count > 0,
    sentence:
      count === 0
        ? `No transaction was rolled back after ${seconds}.`
        : `${counted(count, 'transaction')} rolled back after more than ${seconds}.${holder(context, minutes(15))}`,
    value: digits(count),
    threshold: 'any',
    windowSeconds: minutes(15),
  }
}

function conflicts(context: LightContext): Finding {
  const { conflicts: count } = grown(context, minutes(10))
  const top = naming(
    context,
    'code',
    minutes(10),
    (model, operation) => `Most of them: ${model}.${operation}.`,
    ({ names: [, , code], values: [growth = 0] }) => (code === 'P2034' ? growth : 0),
  )
  return {
    firing: count > t.writeConflicts,
    sentence: `${counted(count, 'write conflict')}.${top}`,
    value: digits(count),
    threshold: `more than ${t.writeConflicts}`,
    windowSeconds: minutes(10),
  }
}

/** Names the scope that wrote most of the rows that were rolled back. */
function undoneBy(context: LightContext, seconds: number): string {
  return naming(
    context,
    'undoneBy',
    seconds,
    (scope) => `Most of the rows were written in ${scope}.`,
  )
}

function rowsRolledBack(context: LightContext): Finding {
  const { names, score } = most(context, 'undone', minutes(5))
  const perSecond = score / recordedSeconds(context, minutes(5))
  return {
    firing: perSecond > t.rolledBackRowsPerSecond,
    sentence:
      score === 0
        ? 'No row was rolled back.'
        : `${digits(perSecond)} rows of ${names.join()} per second were rolled back.${undoneBy(context, minutes(5))}`,
    value: `${digits(perSecond)}/s`,
    threshold: `more than ${digits(t.rolledBackRowsPerSecond)} per second of one model`,
    windowSeconds: minutes(5),
  }
}

function rollbacks(context: LightContext): Finding {
  const window = minutes(15)
  const { transactions, rollbacks: count } = grown(context, window)
  const share = transactions === 0 ? 0 : count / transactions
  const firing =
    share > t.rollbackRatio &&
    transactions / recordedSeconds(context, window) > t.transactionsPerSecond
  return {
    firing,
    sentence: `${digits(count)} of ${counted(transactions, 'transaction')} rolled back.${firing ? undoneBy(context, window) : ''}`,
    value: percent(share),
    threshold: `more than ${percent(t.rollbackRatio)}`,
    windowSeconds: window,
  }
}
