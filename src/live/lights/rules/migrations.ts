import { clientCatalogue } from '../../../metrics/catalogue.ts'
import { defaultThresholds as t } from '../../../monitoring/thresholds.ts'
import { label, seriesOf } from '../../record/counters.ts'
import type { SeriesReading } from '../../record/reading.ts'
import { counted, digits } from '../../sections/format.ts'
import type { Finding, LightContext, LightRule } from '../light.ts'

export const migrationRules: readonly LightRule[] = [
  { alert: 'PrismaMigrationFailed', find: migrations('failed', 0) },
  { alert: 'PrismaMigrationPending', find: migrations('pending', t.pendingMigrations) },
  { alert: 'PrismaContractOutOfSync', find: contract },
]

function migrations(state: string, limit: number): (context: LightContext) => Finding {
  return ({ recorded, client }) => {
    const inState = (series: SeriesReading): boolean =>
      label(series, 'client') === client && label(series, 'state') === state
    const { migrations: counts, migrationInfo } = clientCatalogue
    const count = seriesOf(recorded.reading, counts).find(inState)?.value
    const names = seriesOf(recorded.reading, migrationInfo)
      .filter(inState)
      .map((series) => label(series, 'migration'))
    return {
      firing: count === undefined ? undefined : count > limit,
      sentence:
        count === undefined
          ? `The number of ${state} migrations is not known.`
          : `${counted(count, `${state} migration`)}${names.length === 0 ? '' : `: ${names.join(', ')}`}.`,
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
