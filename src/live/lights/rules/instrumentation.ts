import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { digits } from '../../sections/format.ts'
import { grown, minutes, most } from '../growth.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

export const instrumentationRules: readonly LightRule[] = [
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
  // The endpoint belongs to the process, not to a client.
  const { names, score } = most({ recorded, client: '' }, 'collect', minutes(15))
  return {
    firing: score > t.collectErrors,
    sentence:
      score === 0
        ? 'No metric is missing from scrapes.'
        : `${names.join()} was missing from ${digits(score)} scrapes.`,
    value: digits(score),
    threshold: `more than ${t.collectErrors}`,
    windowSeconds: minutes(15),
  }
}
