import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { counted, digits } from '../../sections/format.ts'
import { grown, minutes, most } from '../growth.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

export const instrumentationRules: readonly LightRule[] = [
  {
    alert: 'PrismaEventHandlerErrors',
    find: errors('handlerErrors', 15, 0, 'failed call', ' of event handlers'),
  },
  {
    alert: 'PrismaGaugeFailing',
    find: errors('readingErrors', 15, t.collectErrors, 'failed reading', ' of gauges'),
  },
  {
    alert: 'PrismaSeriesDropped',
    find: errors('seriesDropped', 60, 0, 'label set', ' folded into $other'),
  },
  {
    alert: 'PrismaInstrumentationErrors',
    find: errors('instrumentationErrors', 15, 0, 'error', ' in the instrumentation'),
  },
  { alert: 'PrismaCollectErrors', find: collectErrors },
]

function errors(
  counter: 'handlerErrors' | 'readingErrors' | 'seriesDropped' | 'instrumentationErrors',
  windowMinutes: number,
  limit: number,
  noun: string,
  rest: string,
): (context: LightContext) => Finding {
  return (context) => {
    const count = grown(context, minutes(windowMinutes))[counter]
    return {
      firing: count > limit,
      sentence: `${counted(count, noun)}${rest}.`,
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
        : `${names.join()} was missing from ${counted(score, 'scrape')}.`,
    value: digits(score),
    threshold: `more than ${t.collectErrors}`,
    windowSeconds: minutes(15),
  }
}
