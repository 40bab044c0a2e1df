/**
 * What each level of the option `detail` keeps of each metric, as a table. Registration, the generated
 * alerts and the pages are derived from it.
 */

import { expectThat } from '../support/validate.ts'
import type {
  bucketBounds,
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  MetricDeclaration,
} from './catalogue.ts'

/** How many series the metrics have. `normal` is the catalogue itself. */
export type Detail = 'minimal' | 'low' | 'normal' | 'high'

export const details: readonly Detail[] = ['minimal', 'low', 'normal', 'high']

/** @throws {TypeError} for another value than a level of detail. */
export function expectDetail(detail: unknown): asserts detail is Detail {
  expectThat('detail', details.includes(detail as Detail), `one of ${details.join(', ')}`, detail)
}

/** What a level keeps of a metric. */
export interface Kept {
  /** Upper bounds of the buckets, ascending. @default those of the catalogue */
  readonly bounds?: readonly number[]
  /** Labels of counters and histograms that have the one value `$all`. @default none */
  readonly merged?: readonly string[]
  /** True if series begin with their first event, and are not exposed at 0 before it. */
  readonly lazy?: boolean
  /** True if scopes of requests have no series: no alert asks for them. */
  readonly jobsOnly?: boolean
}

/** The value of merged labels. */
export const mergedLabel = '$all'

type NameIn<Catalogue> = {
  [Key in keyof Catalogue]: Catalogue[Key] extends { readonly name: infer Name } ? Name : never
}[keyof Catalogue]
type MetricName =
  | NameIn<typeof clientCatalogue>
  | NameIn<typeof httpCatalogue>
  | NameIn<typeof expositionCatalogue>

type Level = Kept | 'absent'

const whole: Kept = {}
const countOnly: Kept = { bounds: [] }

/** What `minimal` and `low` keep. `low` keeps the bounds and labels of every alert. */
const reduced: Readonly<Record<MetricName, readonly [minimal: Level, low: Level]>> = {
  prisma_operation_duration_seconds: [
    { bounds: [0.25], merged: ['operation'] },
    { bounds: [0.25] },
  ],
  prisma_operation_errors_total: [{ merged: ['operation'] }, whole],
  prisma_operations_in_flight: [whole, whole],
  prisma_operation_wait_seconds_total: ['absent', whole],
  prisma_operation_rows: ['absent', { bounds: [5000] }],
  prisma_operation_statements_total: ['absent', 'absent'],
  prisma_operation_statement_seconds_total: ['absent', 'absent'],
  prisma_slow_operations_total: ['absent', { lazy: true }],
  prisma_model_inserts_total: [whole, whole],
  prisma_model_updates_total: [whole, whole],
  prisma_model_deletes_total: [whole, whole],
  prisma_model_upserts_total: [whole, whole],
  prisma_rolled_back_rows_total: [
    { merged: ['action'], lazy: true },
    { merged: ['action'], lazy: true },
  ],
  prisma_unknown_rows_total: [{ merged: ['model', 'action'] }, { merged: ['action'] }],
  prisma_statement_duration_seconds: [
    { bounds: [], merged: ['model', 'statement'] },
    { bounds: [0.01, 0.1, 1], merged: ['model', 'statement'] },
  ],
  prisma_statement_errors_total: [whole, whole],
  prisma_transaction_duration_seconds: [{ bounds: [2.5] }, { bounds: [0.25, 2.5] }],
  prisma_transaction_wait_seconds: [{ bounds: [0.5, 2.5] }, { bounds: [0.5, 2.5] }],
  prisma_transactions_in_flight: [whole, whole],
  prisma_transaction_idle_seconds: ['absent', 'absent'],
  prisma_transaction_oldest_seconds: [whole, whole],
  prisma_transaction_errors_total: [whole, whole],
  prisma_long_transactions_total: [whole, whole],
  prisma_savepoints_total: ['absent', whole],
  prisma_pool_connections: [whole, whole],
  prisma_pool_connections_max: [whole, whole],
  prisma_pool_pending_acquires: [whole, whole],
  // Never absent: the pool is bound once per series of this metric.
  prisma_pool_acquire_duration_seconds: [{ bounds: [0.1, 0.5] }, { bounds: [0.1, 0.5] }],
  prisma_pool_acquire_timeouts_total: [whole, whole],
  prisma_pool_connection_use_seconds: ['absent', 'absent'],
  prisma_pool_connection_create_seconds: ['absent', 'absent'],
  prisma_pool_connections_opened_total: [whole, whole],
  prisma_pool_connections_closed_total: [whole, whole],
  prisma_pool_errors_total: [whole, whole],
  prisma_migrations: [whole, whole],
  prisma_migration_info: [whole, whole],
  prisma_contract_in_sync: [whole, whole],
  prisma_cache_requests_total: ['absent', { merged: ['model', 'operation'] }],
  prisma_client_info: [whole, whole],
  prisma_scope_duration_seconds: ['absent', { bounds: [], lazy: true }],
  prisma_scope_operations: ['absent', { bounds: [0, 50, 100] }],
  prisma_scope_database_seconds: ['absent', countOnly],
  prisma_scope_last_success_timestamp_seconds: [{ jobsOnly: true }, { jobsOnly: true }],
  prisma_scope_wait_seconds_total: ['absent', 'absent'],
  prisma_scopes_in_flight: ['absent', 'absent'],
  prisma_scope_oldest_seconds: ['absent', 'absent'],
  prisma_scope_rows_total: ['absent', { merged: ['action'] }],
  prisma_scope_transaction_seconds_total: ['absent', whole],
  prisma_scope_transaction_idle_seconds_total: [whole, whole],
  prisma_scope_event_loop_blocked_seconds_total: [whole, whole],
  prisma_n_plus_one_suspects_total: [whole, whole],
  prisma_n_plus_one_seconds_total: ['absent', 'absent'],
  prisma_event_handler_errors_total: [whole, whole],
  prisma_reading_last_success_timestamp_seconds: [whole, whole],
  prisma_reading_errors_total: [whole, whole],
  prisma_instrumentation_errors_total: [whole, whole],
  prisma_series_dropped_total: [whole, whole],
  prisma_series_limit: ['absent', 'absent'],
  http_server_request_duration_seconds: ['absent', countOnly],
  http_server_active_requests: [whole, whole],
  prisma_exposition_requests_total: [whole, whole],
  prisma_exposition_requests_in_flight: [whole, whole],
  prisma_exposition_collect_errors_total: [whole, whole],
  prisma_exposition_duration_seconds: ['absent', 'absent'],
}

/** What `high` adds: bounds for each small whole number, so that a quantile is one of them. */
const finer: Partial<typeof bucketBounds> = {
  rows: [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 50, 75, 100, 150, 200, 250, 500, 750, 1000, 2500,
    5000, 10000,
  ],
  operations: [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 40, 50, 75, 100, 150, 200, 500, 1000,
  ],
}

/** What remains of a metric; undefined if the level leaves it out. Metrics without a row remain whole. */
export function keptAt(detail: Detail, { name, buckets }: MetricDeclaration): Kept | undefined {
  if (detail === 'normal') return whole
  if (detail === 'high') {
    const bounds = buckets && finer[buckets]
    return bounds === undefined ? whole : { bounds }
  }
  const [minimal, low] = Object.hasOwn(reduced, name) ? reduced[name as MetricName] : [whole, whole]
  const level = detail === 'low' ? low : minimal
  return level === 'absent' ? undefined : level
}
