import { clientCatalogue, processCatalogue } from '../../../metrics/catalogue.ts'
import { isRequestScope } from '../../../monitoring/promql.ts'
import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { keyOf, label, seriesOf } from '../../record/counters.ts'
import { quantile } from '../../record/quantile.ts'
import { digits, duration, percent } from '../../sections/format.ts'
import { type Grown, minutes, most, naming, recordedSeconds } from '../growth.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

/** Requests, jobs and the process. */
export const scopeRules: readonly LightRule[] = [
  { alert: 'PrismaEventLoopBlocked', find: eventLoop },
  { alert: 'PrismaRouteFailing', find: routeFailing },
  { alert: 'PrismaJobStalled', find: jobStalled },
  { alert: 'PrismaJobFailing', find: jobFailing },
  { alert: 'PrismaJobWithoutOperations', find: jobWithoutOperations },
  { alert: 'PrismaManyOperations', find: manyOperations },
]

function eventLoop(context: LightContext): Finding {
  const seconds = seriesOf(context.recorded.reading, processCatalogue.eventLoopDelay).find(
    (series) => label(series, 'percentile') === '99',
  )?.value
  const culprit = naming(
    context,
    'blocked',
    minutes(5),
    (scope) => `Code of ${scope} blocks it longest.`,
  )
  const firing = seconds === undefined ? undefined : seconds > t.eventLoopDelaySeconds
  return {
    firing,
    sentence:
      seconds === undefined
        ? 'The delay of the event loop is not measured.'
        : `The event loop is ${duration(seconds)} late at the 99th percentile.${firing === true ? culprit : ''}`,
    value: seconds === undefined ? '–' : duration(seconds),
    threshold: `p99 over ${duration(t.eventLoopDelaySeconds)}`,
    windowSeconds: 0,
  }
}

function routeFailing({ recorded }: LightContext): Finding {
  // Requests belong to the process, not to a client.
  const context = { recorded, client: '' }
  const window = minutes(5)
  const least = t.failedRequestsPerSecond * recordedSeconds(context, window)
  const { names, score: share } = most(context, 'route', window, ({ names: [, route], values }) => {
    const [requests = 0, failed = 0] = values
    return route === '' || requests <= least ? 0 : failed / requests
  })
  return {
    firing: share > t.failedRequestsRatio,
    sentence:
      share === 0
        ? 'No request has failed or was abandoned.'
        : `${percent(share)} of the requests ${names.join(' ')} fail or are abandoned.`,
    value: percent(share),
    threshold: `more than ${percent(t.failedRequestsRatio)}`,
    windowSeconds: window,
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

function ofJob({ names: [scope = ''], values }: Grown): readonly number[] {
  return isRequestScope(scope) ? [] : values
}

function jobFailing(context: LightContext): Finding {
  const { names, score: share } = most(context, 'runs', minutes(60), (grown) => {
    const [runs = 0, failed = 0] = ofJob(grown)
    return runs === 0 ? 0 : failed / runs
  })
  return {
    firing: share > t.jobFailureRatio,
    sentence:
      share === 0
        ? 'No job has failed.'
        : `${percent(share)} of the runs of ${names.join()} failed.`,
    value: percent(share),
    threshold: `more than ${percent(t.jobFailureRatio)}`,
    windowSeconds: minutes(60),
  }
}

/** Compares with the earlier runs of this process; the alert compares with the day before. */
function jobWithoutOperations(context: LightContext): Finding {
  const { recorded, client } = context
  const lastRuns = (grown: Grown): number => {
    const [runs = 0, failed = 0, , , , idle = 0] = ofJob(grown)
    const [all = 0, , , , , allIdle = 0] = recorded.histories.hour.total(
      keyOf('runs', client, ...grown.names),
    )
    const earlier = all - runs
    if (runs === 0 || earlier <= 0 || 1 - failed / runs <= t.idleRunsRatio) return 0
    return (allIdle - idle) / earlier < 1 - t.idleRunsRatio ? idle / runs : 0
  }
  // A frequent job is judged by its last minute, a rare one by its last runs.
  const frequent = most(context, 'runs', minutes(1), lastRuns)
  const { names, score: share } =
    frequent.score > 0 ? frequent : most(context, 'runs', minutes(10), lastRuns)
  return {
    firing: share > t.idleRunsRatio,
    sentence:
      share === 0
        ? 'No job has stopped to call Prisma.'
        : `${percent(share)} of the last runs of ${names.join()} had no operation; earlier runs had some.`,
    value: percent(share),
    threshold: `more than ${percent(t.idleRunsRatio)} of the runs`,
    windowSeconds: minutes(10),
  }
}

function manyOperations(context: LightContext): Finding {
  const bounds = new Map(
    seriesOf(context.recorded.reading, clientCatalogue.scopeOperations).map((series) => [
      label(series, 'scope'),
      series.histogram?.bounds ?? [],
    ]),
  )
  const { names, score: operations } = most(
    context,
    'many',
    minutes(15),
    ({ names: [scope = ''], values }) => quantile(0.95, bounds.get(scope) ?? [], values) ?? 0,
  )
  return {
    firing: operations > t.scopeOperations,
    sentence:
      operations === 0
        ? 'No scope runs many operations.'
        : `One run of ${names.join()} in twenty runs ${digits(operations)} operations or more.`,
    value: digits(operations),
    threshold: `p95 over ${t.scopeOperations}`,
    windowSeconds: minutes(15),
  }
}
