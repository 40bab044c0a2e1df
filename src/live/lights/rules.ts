import { clientCatalogue, expositionCatalogue, processCatalogue } from '../../metrics/catalogue.ts'
import { isRequestScope } from '../../monitoring/promql.ts'
import { defaultThresholds } from '../../monitoring/thresholds.ts'
import { keyOf, label, seriesOf } from '../record/counters.ts'
import { connectionsOf } from '../record/histories.ts'
import { digits, duration, percent } from '../sections/format.ts'
import { grown, minutes, most, mostOperations, quantileOf } from './growth.ts'
import type { Finding, LightContext, LightRule } from './light.ts'

const t = defaultThresholds

/** The rules of the shipped alerts that one process can evaluate, the most urgent first. */
export const lightRules: readonly LightRule[] = [
  { alert: 'PrismaPoolExhausted', find: poolExhausted },
  { alert: 'PrismaConnectionFailures', find: connectionFailures },
  { alert: 'PrismaEventLoopBlocked', find: eventLoop },
  { alert: 'PrismaMigrationFailed', find: migrations('failed', 0) },
  { alert: 'PrismaJobStalled', find: jobStalled },
  { alert: 'PrismaErrorBudgetBurn', find: failures },
  { alert: 'PrismaLatencyBudgetBurn', find: late },
  { alert: 'PrismaPoolWaiting', find: waits('acquire', t.poolWaitSeconds) },
  { alert: 'PrismaTransactionWaiting', find: waits('wait', t.transactionWaitSeconds) },
  { alert: 'PrismaLongTransactions', find: longTransactions },
  { alert: 'PrismaWriteConflicts', find: conflicts },
  { alert: 'PrismaRollbackRatio', find: rollbacks },
  { alert: 'PrismaSlowOperations', find: slowOperations },
  { alert: 'PrismaNPlusOne', find: nPlusOne },
  { alert: 'PrismaManyOperations', find: manyOperations },
  { alert: 'PrismaLargeResults', find: largeResults },
  { alert: 'PrismaMigrationPending', find: migrations('pending', t.pendingMigrations) },
  { alert: 'PrismaContractOutOfSync', find: contract },
  { alert: 'PrismaJobFailing', find: jobFailing },
  {
    alert: 'PrismaEventHandlerErrors',
    find: counted('handlerErrors', 15, 0, 'calls of event handlers failed'),
  },
  {
    alert: 'PrismaGaugeFailing',
    find: counted('readingErrors', 15, t.collectErrors, 'readings of gauges failed'),
  },
  {
    alert: 'PrismaSeriesDropped',
    find: counted('seriesDropped', 60, 0, 'times a label value was folded into $other'),
  },
  {
    alert: 'PrismaInstrumentationErrors',
    find: counted('instrumentationErrors', 15, 0, 'errors in the instrumentation'),
  },
  { alert: 'PrismaCollectErrors', find: collectErrors },
]

function poolExhausted({ recorded, client }: LightContext): Finding {
  const [busy = Number.NaN, , max = Number.NaN, waiting = Number.NaN] = connectionsOf(
    recorded.reading,
    client,
  )
  const known = [busy, max, waiting].every(Number.isFinite)
  return {
    firing: known ? busy >= max && waiting > 0 : undefined,
    sentence: known
      ? `${digits(waiting)} callers wait, ${digits(busy)} of ${digits(max)} connections are busy.`
      : 'The pool does not report its connections.',
    value: known ? `${digits(busy)} of ${digits(max)} busy` : '–',
    threshold: 'all busy and callers waiting',
    windowSeconds: 0,
  }
}

function eventLoop({ recorded }: LightContext): Finding {
  const seconds = seriesOf(recorded.reading, processCatalogue.eventLoopDelay).find(
    (series) => label(series, 'percentile') === '99',
  )?.value
  return {
    firing: seconds === undefined ? undefined : seconds > t.eventLoopDelaySeconds,
    sentence:
      seconds === undefined
        ? 'The delay of the event loop is not measured.'
        : `The event loop is ${duration(seconds)} late at the 99th percentile.`,
    value: seconds === undefined ? '–' : duration(seconds),
    threshold: `p99 over ${duration(t.eventLoopDelaySeconds)}`,
    windowSeconds: 0,
  }
}

function connectionFailures(context: LightContext): Finding {
  const { unreachable } = grown(context, minutes(5))
  return {
    firing: unreachable > t.connectionFailures,
    sentence: `${digits(unreachable)} attempts to connect failed.`,
    value: digits(unreachable),
    threshold: `more than ${t.connectionFailures}`,
    windowSeconds: minutes(5),
  }
}

/** The share of failed operations, with the factor of the fastest burn rate (1 h and 5 min). */
function failures(context: LightContext): Finding {
  return burn(context, 'failed', 'failed', 1 - t.errorObjective)
}

function late(context: LightContext): Finding {
  return burn(context, 'late', `took over ${duration(t.latencySeconds)}`, 1 - t.latencyObjective)
}

function burn(
  context: LightContext,
  counter: 'failed' | 'late',
  verb: string,
  allowed: number,
): Finding {
  const limit = Number((14.4 * allowed).toPrecision(6))
  const long = grown(context, minutes(60))
  const short = grown(context, minutes(5))
  const share = ({ operations, [counter]: bad }: typeof long): number =>
    operations === 0 ? 0 : bad / operations
  return {
    firing: long.operations > t.sloMinimumOperations && share(long) > limit && share(short) > limit,
    sentence: `${digits(short[counter])} of ${digits(short.operations)} operations ${verb} in the last 5 min.`,
    value: percent(share(short)),
    threshold: `more than ${percent(limit)} in 1 h and in 5 min`,
    windowSeconds: minutes(60),
  }
}

function waits(kind: 'acquire' | 'wait', limit: number): (context: LightContext) => Finding {
  const what = kind === 'acquire' ? 'a connection' : 'BEGIN'
  return (context) => {
    const seconds = quantileOf(context, kind, 0.95, minutes(5))
    return {
      firing: seconds !== undefined && seconds > limit,
      sentence:
        seconds === undefined
          ? `Nothing waited for ${what}.`
          : `One in twenty waits ${duration(seconds)} or longer for ${what}.`,
      value: seconds === undefined ? '–' : duration(seconds),
      threshold: `p95 over ${duration(limit)}`,
      windowSeconds: minutes(5),
    }
  }
}

function longTransactions(context: LightContext): Finding {
  const seconds = quantileOf(context, 'transaction', 0.99, minutes(5))
  return {
    firing: seconds !== undefined && seconds > t.transactionSeconds,
    sentence:
      seconds === undefined
        ? 'No transaction has ended.'
        : `One transaction in a hundred takes ${duration(seconds)} or longer.`,
    value: seconds === undefined ? '–' : duration(seconds),
    threshold: `p99 over ${duration(t.transactionSeconds)}`,
    windowSeconds: minutes(5),
  }
}

function conflicts(context: LightContext): Finding {
  const { conflicts: count } = grown(context, minutes(10))
  return {
    firing: count > t.writeConflicts,
    sentence: `${digits(count)} deadlocks and serialization failures.`,
    value: digits(count),
    threshold: `more than ${t.writeConflicts}`,
    windowSeconds: minutes(10),
  }
}

function rollbacks(context: LightContext): Finding {
  const window = minutes(15)
  const { transactions, rollbacks: count } = grown(context, window)
  const { seconds } = context.recorded.histories.hour.growth('', window)
  const share = transactions === 0 ? 0 : count / transactions
  return {
    firing: share > t.rollbackRatio && transactions / seconds > t.transactionsPerSecond,
    sentence: `${digits(count)} of ${digits(transactions)} transactions were rolled back.`,
    value: percent(share),
    threshold: `more than ${percent(t.rollbackRatio)}`,
    windowSeconds: window,
  }
}

function slowOperations(context: LightContext): Finding {
  const { labels, growth } = most(context, 'slow', minutes(15))
  return {
    firing: growth > t.slowOperations,
    sentence:
      growth === 0
        ? 'No operation was slow.'
        : `${labels.join('.')} was slow ${digits(growth)} times.`,
    value: digits(growth),
    threshold: `more than ${t.slowOperations} of one kind`,
    windowSeconds: minutes(15),
  }
}

function nPlusOne(context: LightContext): Finding {
  const { labels, growth } = most(context, 'suspect', minutes(60))
  const [scope = '', model = '', operation = ''] = labels
  return {
    firing: growth > t.nPlusOneSuspects,
    sentence:
      growth === 0
        ? 'No scope has repeated an operation.'
        : `${scope} ran ${model}.${operation} in a loop ${digits(growth)} times.`,
    value: digits(growth),
    threshold: `more than ${t.nPlusOneSuspects} of one kind`,
    windowSeconds: minutes(60),
  }
}

function manyOperations(context: LightContext): Finding {
  const { scope, operations } = mostOperations(context, 0.95, minutes(15))
  return {
    firing: operations > t.scopeOperations,
    sentence:
      operations === 0
        ? 'No scope runs many operations.'
        : `One run of ${scope} in twenty runs ${digits(operations)} operations or more.`,
    value: digits(operations),
    threshold: `p95 over ${t.scopeOperations}`,
    windowSeconds: minutes(15),
  }
}

function largeResults(context: LightContext): Finding {
  const { labels, growth } = most(context, 'large', minutes(15))
  return {
    firing: growth > t.largeResults,
    sentence:
      growth === 0
        ? `No result had more than ${t.largeResultRows} rows.`
        : `${labels.join('.')} returned more than ${t.largeResultRows} rows ${digits(growth)} times.`,
    value: digits(growth),
    threshold: `more than ${t.largeResults} of one kind`,
    windowSeconds: minutes(15),
  }
}

function migrations(state: string, limit: number): (context: LightContext) => Finding {
  return ({ recorded, client }) => {
    const count = seriesOf(recorded.reading, clientCatalogue.migrations).find(
      (series) => label(series, 'client') === client && label(series, 'state') === state,
    )?.value
    return {
      firing: count === undefined ? undefined : count > limit,
      sentence:
        count === undefined
          ? `The number of ${state} migrations is not known.`
          : `${digits(count)} migrations are ${state}.`,
      value: count === undefined ? '–' : digits(count),
      threshold: `more than ${limit}`,
      windowSeconds: 0,
    }
  }
}

function contract({ recorded, client }: LightContext): Finding {
  const value = seriesOf(recorded.reading, clientCatalogue.contractInSync).find(
    (series) => label(series, 'client') === client,
  )?.value
  return {
    firing: value === undefined ? undefined : value === 0,
    sentence:
      value === undefined
        ? 'Prisma 8 signs databases; this one is not signed.'
        : `The database is signed with ${value === 1 ? "the client's" : 'another'} contract.`,
    value: value === undefined ? '–' : value === 1 ? 'in sync' : 'out of sync',
    threshold: 'another contract',
    windowSeconds: 0,
  }
}

function jobStalled({ recorded, client }: LightContext): Finding {
  const now = Date.now() / 1000
  let oldest: { scope: string; age: number } | undefined
  for (const series of seriesOf(recorded.reading, clientCatalogue.scopeLastSuccess)) {
    const scope = label(series, 'scope')
    if (label(series, 'client') !== client || isRequestScope(scope) || series.value === 0) continue
    const age = now - series.value
    if (oldest === undefined || age > oldest.age) oldest = { scope, age }
  }
  return {
    firing: oldest === undefined ? undefined : oldest.age > t.jobStalledSeconds,
    sentence:
      oldest === undefined
        ? 'No job has succeeded in this process.'
        : `${oldest.scope} last succeeded ${duration(oldest.age)} ago.`,
    value: oldest === undefined ? '–' : duration(oldest.age),
    threshold: `more than ${duration(t.jobStalledSeconds)} ago`,
    windowSeconds: 0,
  }
}

function jobFailing({ recorded, client }: LightContext): Finding {
  const window = minutes(60)
  let worst = { scope: '', failed: 0, runs: 0, share: 0 }
  const scopes = new Set(
    seriesOf(recorded.reading, clientCatalogue.scopeDuration)
      .filter((series) => label(series, 'client') === client)
      .map((series) => label(series, 'scope')),
  )
  for (const scope of scopes) {
    if (isRequestScope(scope)) continue
    const { values } = recorded.histories.hour.growth(keyOf('runs', client, scope), window)
    const [runs = 0, failed = 0] = values
    if (runs > 0 && failed / runs > worst.share)
      worst = { scope, failed, runs, share: failed / runs }
  }
  return {
    firing: worst.share > t.jobFailureRatio,
    sentence:
      worst.runs === 0
        ? 'No job has failed.'
        : `${digits(worst.failed)} of ${digits(worst.runs)} runs of ${worst.scope} failed.`,
    value: percent(worst.share),
    threshold: `more than ${percent(t.jobFailureRatio)}`,
    windowSeconds: window,
  }
}

function counted(
  counter: 'handlerErrors' | 'readingErrors' | 'seriesDropped' | 'instrumentationErrors',
  windowMinutes: number,
  limit: number,
  what: string,
): (context: LightContext) => Finding {
  return (context) => {
    const count = grown(context, minutes(windowMinutes))[counter]
    return {
      firing: count > limit,
      sentence: `${digits(count)} ${what}.`,
      value: digits(count),
      threshold: `more than ${limit}`,
      windowSeconds: minutes(windowMinutes),
    }
  }
}

function collectErrors({ recorded }: LightContext): Finding {
  const window = minutes(15)
  let worst = { metric: '', errors: 0 }
  for (const series of seriesOf(recorded.reading, expositionCatalogue.collectErrors)) {
    const metric = label(series, 'metric')
    const [errors = 0] = recorded.histories.hour.growth(keyOf('collect', metric), window).values
    if (errors > worst.errors) worst = { metric, errors }
  }
  return {
    firing: worst.errors > t.collectErrors,
    sentence:
      worst.errors === 0
        ? 'No metric is missing from scrapes.'
        : `${worst.metric} was missing from ${digits(worst.errors)} scrapes.`,
    value: digits(worst.errors),
    threshold: `more than ${t.collectErrors}`,
    windowSeconds: window,
  }
}
