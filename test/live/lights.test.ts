import { describe, expect, test } from 'vitest'
import { lightsOf } from '../../src/live/lights/lights.ts'
import { lightRules } from '../../src/live/lights/rules.ts'
import { Histories } from '../../src/live/record/histories.ts'
import type { Reading, SeriesReading } from '../../src/live/record/reading.ts'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'

/** Alerts without a light. */
const withoutLight = [
  // A process that is down shows no page.
  'PrismaTargetDown',
  // They compare with a day before.
  'PrismaWriteSurge',
  'PrismaWritesStalled',
]

test('has a light for every shipped alert but those that it names', () => {
  const shipped = alertRules(defaultSettings).flatMap(({ rules }) =>
    rules.map(({ alert }) => alert),
  )
  const lights = lightRules.map(({ alert }) => alert)
  expect(new Set([...lights, ...withoutLight])).toEqual(new Set(shipped))
})

type Metrics = Readonly<Record<string, readonly SeriesReading[]>>

const counter = (value: number, labels: Record<string, string> = {}): SeriesReading => ({
  labels: { client: 'default', ...labels },
  value,
})

/** @param counts per bucket; the bounds are 0, 1, 2.5 and +Inf */
const histogram = (
  counts: readonly number[],
  sum: number,
  labels: Record<string, string> = {},
): SeriesReading => ({
  labels: { client: 'default', ...labels },
  value: 0,
  histogram: { bounds: [0, 1, 2.5], counts, sum },
})

/** The lights after a minute, of metrics that were `before` a minute ago. */
function lightsAfter(now: Metrics, before: Metrics = {}, minutes = 1) {
  const client = { prisma_operations_in_flight: [counter(0)] }
  const reading = (metrics: Metrics): Reading => new Map(Object.entries({ ...client, ...metrics }))
  const histories = new Histories()
  histories.record(reading({}), 0)
  for (let minute = 1; minute < minutes; minute += 1) histories.record(reading(before), minute * 60)
  histories.record(reading(now), minutes * 60)
  const recorded = { reading: reading(now), histories, at: minutes * 60_000, since: 0 }
  return lightsOf({ recorded, client: 'default' }).filter(({ state }) => state === 'firing')
}

const operation = { model: 'Tag', operation: 'create' }
const request = { http_request_method: 'GET', http_route: '/tags' }
const job = { scope: 'nightly' }

describe('names the culprit', () => {
  const cases: Readonly<
    Record<string, readonly [now: Metrics, culprit: string, before?: Metrics]>
  > = {
    PrismaMigrationFailed: [
      {
        prisma_migrations: [counter(1, { state: 'failed' })],
        prisma_migration_info: [counter(1, { state: 'failed', migration: '2026_half' })],
      },
      '2026_half',
    ],
    PrismaEventLoopBlocked: [
      {
        prisma_event_loop_delay_seconds: [{ labels: { percentile: '99' }, value: 0.3 }],
        prisma_scope_duration_seconds: [
          histogram([0, 9, 0, 0], 90, { scope: 'GET /waiting', outcome: 'ok' }),
        ],
        prisma_scope_event_loop_blocked_seconds_total: [
          counter(2, { scope: 'GET /waiting' }),
          counter(9, { scope: 'GET /slow' }),
        ],
      },
      'Code of GET /slow blocks it',
    ],
    PrismaRouteFailing: [
      {
        http_server_request_duration_seconds: [
          {
            ...histogram([0, 30, 0, 0], 9),
            labels: { ...request, http_response_status_code: '500' },
          },
          {
            ...histogram([0, 30, 0, 0], 9),
            labels: { ...request, http_response_status_code: '200' },
          },
        ],
      },
      '50 % of the requests GET /tags',
    ],
    PrismaJobFailing: [
      { prisma_scope_duration_seconds: [histogram([0, 9, 0, 0], 9, { ...job, outcome: 'error' })] },
      'nightly',
    ],
    PrismaJobWithoutOperations: [
      {
        prisma_scope_duration_seconds: [histogram([0, 30, 0, 0], 9, { ...job, outcome: 'ok' })],
        prisma_scope_operations: [histogram([10, 20, 0, 0], 20, job)],
      },
      'nightly',
      {
        prisma_scope_duration_seconds: [histogram([0, 20, 0, 0], 9, { ...job, outcome: 'ok' })],
        prisma_scope_operations: [histogram([0, 20, 0, 0], 20, job)],
      },
    ],
    PrismaIdleInTransaction: [
      { prisma_scope_transaction_idle_seconds_total: [counter(60, { scope: 'GET /fetch' })] },
      'GET /fetch',
    ],
    PrismaLongTransactions: [
      { prisma_long_transactions_total: [counter(1, { scope: 'GET /leak' })] },
      'GET /leak',
    ],
    PrismaTransactionsTimedOut: [
      {
        prisma_transaction_duration_seconds: [histogram([0, 0, 0, 1], 5, { outcome: 'rollback' })],
        prisma_scope_transaction_seconds_total: [counter(5, { scope: 'GET /late' })],
      },
      'GET /late',
    ],
    PrismaWriteConflicts: [
      { prisma_operation_errors_total: [counter(9, { ...operation, code: 'P2034' })] },
      'Tag.create',
    ],
    PrismaRowsRolledBack: [
      {
        prisma_rolled_back_rows_total: [counter(90_000, { model: 'Tag', action: 'insert' })],
        prisma_scope_rows_total: [
          counter(90_000, { ...job, action: 'insert', outcome: 'rollback' }),
          counter(99_000, { scope: 'innocent', action: 'insert', outcome: 'commit' }),
        ],
      },
      'nightly',
    ],
    PrismaOperationFailing: [
      {
        prisma_operation_errors_total: [counter(90, { ...operation, code: 'P2002' })],
        prisma_operation_duration_seconds: [histogram([0, 99, 0, 0], 1, operation)],
      },
      '90.9 % of the calls of Tag.create fail with P2002',
    ],
    PrismaSlowerThanBefore: [
      { prisma_operation_duration_seconds: [histogram([0, 200, 0, 0], 10.1, operation)] },
      'Tag.create takes 100 ms on average, 100 times as long as before.',
      { prisma_operation_duration_seconds: [histogram([0, 100, 0, 0], 0.1, operation)] },
    ],
    PrismaConnectionFailures: [
      { prisma_statement_errors_total: [counter(9, { kind: 'TooManyConnections' })] },
      'TooManyConnections',
    ],
    PrismaConnectionChurn: [
      {
        prisma_pool_connections_opened_total: [counter(90)],
        prisma_statement_duration_seconds: [
          histogram([0, 100, 0, 0], 1, { model: 'Tag', statement: 'select' }),
        ],
      },
      '90 connections opened for 100 statements.',
    ],
    PrismaNPlusOne: [
      { prisma_n_plus_one_suspects_total: [counter(11, { scope: 'GET /loop', ...operation })] },
      'GET /loop',
    ],
  }
  test('blames no operation and no database for a full pool', () => {
    const acquires = (failed: number): SeriesReading => histogram([failed], 9, { outcome: 'error' })
    const before = {
      prisma_operation_duration_seconds: [histogram([100], 0.1, operation)],
    }
    const slow = { prisma_operation_duration_seconds: [histogram([200], 10.1, operation)] }
    const waiting = {
      ...slow,
      prisma_operation_wait_seconds_total: [counter(10, operation)],
      prisma_pool_acquire_duration_seconds: [acquires(9)],
      prisma_pool_acquire_timeouts_total: [counter(9)],
    }
    const names = (now: Metrics): string[] => lightsAfter(now, before, 5).map(({ alert }) => alert)
    expect(names(waiting)).toEqual([])
    expect(names({ ...slow, prisma_pool_acquire_duration_seconds: [acquires(9)] })).toEqual([
      'PrismaSlowerThanBefore',
      'PrismaConnectionFailures',
    ])
  })

  test.each(Object.entries(cases))('of %s', (alert, [now, culprit, before]) => {
    const firing = lightsAfter(now, before, before === undefined ? 1 : 5)
    expect(firing.map((light) => light.alert)).toContain(alert)
    expect(firing.find((light) => light.alert === alert)?.sentence).toContain(culprit)
    expect(lightsAfter({}).map((light) => light.alert)).toEqual([])
  })
})
