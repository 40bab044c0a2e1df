import { unreachableCodes, waitingCodes } from '../../../monitoring/alerts/codes.ts'
import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { keyOf } from '../../record/counters.ts'
import { counted, digits, duration, percent } from '../../sections/format.ts'
import { type Grown, grownBy, minutes, most, recordedSeconds } from '../growth.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

export const operationRules: readonly LightRule[] = [
  { alert: 'PrismaOperationFailing', find: operationFailing },
  { alert: 'PrismaSlowerThanBefore', find: slowerThanBefore },
  { alert: 'PrismaSlowOperations', find: slowOperations },
  { alert: 'PrismaNPlusOne', find: nPlusOne },
  { alert: 'PrismaLargeResults', find: largeResults },
]

/** Failures to connect and to get a connection have alerts of their own. */
const handled = new RegExp(`^(?:${unreachableCodes}|${waitingCodes})$`)

function operationFailing(context: LightContext): Finding {
  const window = minutes(5)
  const calls = new Map<string, number>()
  for (const { names, values } of grownBy(context, 'operation', window)) {
    calls.set(keyOf(...names), values[0] ?? 0)
  }
  const limit = t.failingPerSecond * recordedSeconds(context, window)
  const { names, score: share } = most(context, 'code', window, ({ names: all, values }) => {
    const [failures = 0] = values
    const [model, operation, code = ''] = all
    if (handled.test(code) || failures <= limit) return 0
    return failures / (calls.get(keyOf(model, operation)) ?? Number.POSITIVE_INFINITY)
  })
  const [model, operation, code] = names
  return {
    firing: share > t.failingRatio,
    sentence:
      share === 0
        ? 'No operation fails often with one code.'
        : `${percent(share)} of the calls of ${model}.${operation} fail with ${code}.`,
    value: percent(share),
    threshold: `more than ${percent(t.failingRatio)} and ${t.failingPerSecond} per second`,
    windowSeconds: window,
  }
}

/** The present: a shorter window than the alert's, so that what came before can be younger than an hour. */
const presentSeconds = 120

function slowerThanBefore(context: LightContext): Finding {
  const before = new Map<string, number>()
  for (const grown of grownBy(context, 'operation', minutes(60), presentSeconds)) {
    const earlier = meanOf(grown)
    if (earlier !== undefined) before.set(keyOf(...grown.names), earlier)
  }
  const { names, score: factor } = most(context, 'operation', presentSeconds, (grown) => {
    const earlier = before.get(keyOf(...grown.names))
    const mean = meanOf(grown)
    if (earlier === undefined || mean === undefined || mean <= t.slowdownSeconds) return 0
    return mean / earlier
  })
  const mean = factor * (before.get(keyOf(...names)) ?? 0)
  const none =
    before.size === 0 ? 'Too little is recorded to compare with.' : 'No operation has become slow.'
  return {
    firing: before.size === 0 ? undefined : factor > t.slowdownFactor,
    sentence:
      factor === 0
        ? none
        : `${names.join('.')} takes ${duration(mean)} on average, ${digits(factor)} times as long as before.`,
    value: factor === 0 ? '–' : `${digits(factor)} times`,
    threshold: `more than ${t.slowdownFactor} times the mean of the hour before`,
    windowSeconds: minutes(60),
  }
}

/** The mean of an operation without its known waits; undefined for too few calls. */
function meanOf({ values: [calls = 0, seconds = 0] }: Grown): number | undefined {
  return calls > t.slowdownOperations ? seconds / calls : undefined
}

function slowOperations(context: LightContext): Finding {
  const { names, score } = most(context, 'slow', minutes(15))
  return {
    firing: score > t.slowOperations,
    sentence:
      score === 0
        ? 'No operation was slow.'
        : `${names.join('.')} was slow ${counted(score, 'time')}.`,
    value: digits(score),
    threshold: `more than ${t.slowOperations} of one kind`,
    windowSeconds: minutes(15),
  }
}

function nPlusOne(context: LightContext): Finding {
  const { names, score } = most(context, 'suspect', minutes(60))
  const [scope, model, operation] = names
  return {
    firing: score > t.nPlusOneSuspects,
    sentence:
      score === 0
        ? 'No scope has repeated an operation.'
        : `${scope} ran ${model}.${operation} in a loop ${counted(score, 'time')}.`,
    value: digits(score),
    threshold: `more than ${t.nPlusOneSuspects} of one kind`,
    windowSeconds: minutes(60),
  }
}

function largeResults(context: LightContext): Finding {
  const { names, score } = most(context, 'large', minutes(15))
  return {
    firing: score > t.largeResults,
    sentence:
      score === 0
        ? `No result had more than ${t.largeResultRows} rows.`
        : `${names.join('.')} returned more than ${t.largeResultRows} rows ${counted(score, 'time')}.`,
    value: digits(score),
    threshold: `more than ${t.largeResults} of one kind`,
    windowSeconds: minutes(15),
  }
}
