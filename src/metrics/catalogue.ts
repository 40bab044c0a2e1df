/**
 * Every metric this package exposes, as data. Recording, documentation, dashboards and rules are
 * checked against this table, so a name stands here and nowhere else.
 *
 * Names carry the default prefix; {@link metricName} puts another one in its place. Units are
 * seconds, rows, operations or connections, never milliseconds
 * (https://prometheus.io/docs/practices/naming/).
 */

export type MetricType = 'counter' | 'gauge' | 'histogram'

/** Which of {@link bucketBounds} a histogram uses. `prismaMetrics({ buckets })` replaces `duration`. */
export type BucketKind = 'duration' | 'rows' | 'operations' | 'scope' | 'http' | 'legacy'

export interface MetricDeclaration {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  /** Label names in their fixed order. `client` comes first on everything that belongs to one client. */
  readonly labels: readonly string[]
  readonly buckets?: BucketKind
  /** How several processes' values become one, in prom-client's words. Default: `sum`. */
  readonly aggregator?: 'sum' | 'first' | 'max'
}

export const defaultPrefix = 'prisma_'

/** Upper bounds of histogram buckets, ascending, without `+Inf`. */
export const bucketBounds: Readonly<Record<BucketKind, readonly number[]>> = {
  /** Seconds: half a millisecond to ten seconds. */
  duration: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  rows: [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 10000],
  /** Operations in one scope. */
  operations: [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  /** Seconds: jobs run for longer than a query does. */
  scope: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
  /** Seconds, as OpenTelemetry advises for `http.server.request.duration`. */
  http: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  /** Milliseconds, as Prisma 6 had them. */
  legacy: [0, 1, 5, 10, 50, 100, 500, 1000, 5000, 50000],
}

/** The metrics of one instrumented client. All carry `client`. */
export const clientCatalogue = {
  operationDuration: {
    name: 'prisma_operation_duration_seconds',
    type: 'histogram',
    help: 'Time from the start of a Prisma operation to its settling, failed ones included, in seconds.',
    labels: ['client', 'model', 'operation'],
    buckets: 'duration',
  },
  operationErrors: {
    name: 'prisma_operation_errors_total',
    type: 'counter',
    help: 'Prisma operations that rejected, by Prisma error code (Pxxxx) or validation, initialization, panic, unknown.',
    labels: ['client', 'model', 'operation', 'code'],
  },
  operationsInFlight: {
    name: 'prisma_operations_in_flight',
    type: 'gauge',
    help: 'Prisma operations started and not yet settled.',
    labels: ['client'],
  },
  operationRows: {
    name: 'prisma_operation_rows',
    type: 'histogram',
    help: 'Rows in the result of a Prisma operation that returns a list.',
    labels: ['client', 'model', 'operation'],
    buckets: 'rows',
  },
  slowOperations: {
    name: 'prisma_slow_operations_total',
    type: 'counter',
    help: 'Prisma operations that took at least the configured slowOperation.seconds.',
    labels: ['client', 'model', 'operation'],
  },
  modelInserts: {
    name: 'prisma_model_inserts_total',
    type: 'counter',
    help: 'Rows inserted and committed, by model.',
    labels: ['client', 'model'],
  },
  modelUpdates: {
    name: 'prisma_model_updates_total',
    type: 'counter',
    help: 'Rows updated and committed, by model.',
    labels: ['client', 'model'],
  },
  modelDeletes: {
    name: 'prisma_model_deletes_total',
    type: 'counter',
    help: 'Rows deleted and committed, by model; cascades inside the database are not seen.',
    labels: ['client', 'model'],
  },
  modelUpserts: {
    name: 'prisma_model_upserts_total',
    type: 'counter',
    help: 'Rows written and committed by a native upsert, where the database does not say whether it inserted or updated.',
    labels: ['client', 'model'],
  },
  rolledBackRows: {
    name: 'prisma_rolled_back_rows_total',
    type: 'counter',
    help: 'Rows written and then undone by a rollback of the transaction or savepoint, by model and action.',
    labels: ['client', 'model', 'action'],
  },
  unknownRows: {
    name: 'prisma_unknown_rows_total',
    type: 'counter',
    help: 'Rows written in transactions whose COMMIT was sent and never answered, by model and action.',
    labels: ['client', 'model', 'action'],
  },
  statementDuration: {
    name: 'prisma_statement_duration_seconds',
    type: 'histogram',
    help: 'Time a SQL statement took as the driver adapter saw it, failed ones included, in seconds.',
    labels: ['client', 'model', 'statement'],
    buckets: 'duration',
  },
  statementErrors: {
    name: 'prisma_statement_errors_total',
    type: 'counter',
    help: 'SQL statements, BEGIN and COMMIT included, that failed, by the error kind of the driver adapter.',
    labels: ['client', 'kind'],
  },
  transactionDuration: {
    name: 'prisma_transaction_duration_seconds',
    type: 'histogram',
    help: 'Time from a successful BEGIN to the end of the transaction, by outcome, in seconds.',
    labels: ['client', 'outcome'],
    buckets: 'duration',
  },
  transactionWait: {
    name: 'prisma_transaction_wait_seconds',
    type: 'histogram',
    help: 'Time to get a connection and BEGIN a transaction, failed attempts included, in seconds.',
    labels: ['client'],
    buckets: 'duration',
  },
  transactionsInFlight: {
    name: 'prisma_transactions_in_flight',
    type: 'gauge',
    help: 'Transactions begun and neither committed nor rolled back.',
    labels: ['client'],
  },
  savepoints: {
    name: 'prisma_savepoints_total',
    type: 'counter',
    help: 'Savepoints ended, by outcome: the nested transactions of Prisma.',
    labels: ['client', 'outcome'],
  },
  poolConnections: {
    name: 'prisma_pool_connections',
    type: 'gauge',
    help: 'Open connections of the driver pool, by state.',
    labels: ['client', 'state'],
  },
  poolConnectionsMax: {
    name: 'prisma_pool_connections_max',
    type: 'gauge',
    help: 'Connections the driver pool may open at most.',
    labels: ['client'],
  },
  poolPendingAcquires: {
    name: 'prisma_pool_pending_acquires',
    type: 'gauge',
    help: 'Callers waiting for a connection of the driver pool.',
    labels: ['client'],
  },
  poolAcquireDuration: {
    name: 'prisma_pool_acquire_duration_seconds',
    type: 'histogram',
    help: 'Time to get a connection from the driver pool, by outcome, in seconds.',
    labels: ['client', 'outcome'],
    buckets: 'duration',
  },
  poolConnectionsOpened: {
    name: 'prisma_pool_connections_opened_total',
    type: 'counter',
    help: 'Connections the driver pool has opened.',
    labels: ['client'],
  },
  poolConnectionsClosed: {
    name: 'prisma_pool_connections_closed_total',
    type: 'counter',
    help: 'Connections the driver pool has closed.',
    labels: ['client'],
  },
  poolErrors: {
    name: 'prisma_pool_errors_total',
    type: 'counter',
    help: 'Errors the driver pool reported on idle connections.',
    labels: ['client'],
  },
  migrations: {
    name: 'prisma_migrations',
    type: 'gauge',
    help: 'Migrations by state, as _prisma_migrations and the migrations directory tell.',
    labels: ['client', 'state'],
    aggregator: 'max',
  },
  clientInfo: {
    name: 'prisma_client_info',
    type: 'gauge',
    help: 'Constant 1: the versions and the source of the row counters are in the labels.',
    labels: ['client', 'client_version', 'provider', 'adapter', 'row_source'],
    aggregator: 'first',
  },
  scopeDuration: {
    name: 'prisma_scope_duration_seconds',
    type: 'histogram',
    help: 'Time one unit of work (job, message, request) took, by scope and outcome, in seconds.',
    labels: ['client', 'scope', 'outcome'],
    buckets: 'scope',
  },
  scopeOperations: {
    name: 'prisma_scope_operations',
    type: 'histogram',
    help: 'Prisma operations in one unit of work.',
    labels: ['client', 'scope'],
    buckets: 'operations',
  },
  scopeDatabase: {
    name: 'prisma_scope_database_seconds',
    type: 'histogram',
    help: 'Time one unit of work spent in Prisma operations, parallel ones added up, in seconds.',
    labels: ['client', 'scope'],
    buckets: 'scope',
  },
  scopeLastSuccess: {
    name: 'prisma_scope_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time at which the scope last ended without an error, in seconds.',
    labels: ['client', 'scope'],
    aggregator: 'max',
  },
  nPlusOneSuspects: {
    name: 'prisma_n_plus_one_suspects_total',
    type: 'counter',
    help: 'Operation shapes repeated in one scope at least as often as the configured nPlusOne.threshold.',
    labels: ['client', 'scope', 'model', 'operation'],
  },
  eventHandlerErrors: {
    name: 'prisma_event_handler_errors_total',
    type: 'counter',
    help: 'Event handlers, and callbacks of afterCommit, onSuspect and onSlow, that threw or rejected.',
    labels: ['client', 'model', 'operation'],
  },
  readingLastSuccess: {
    name: 'prisma_reading_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time of the reading that the gauge shows, by gauge, in seconds.',
    labels: ['client', 'gauge'],
    aggregator: 'max',
  },
  readingErrors: {
    name: 'prisma_reading_errors_total',
    type: 'counter',
    help: 'Readings of a gauge that failed or were late, by gauge; the last good one is served.',
    labels: ['client', 'gauge'],
  },
  instrumentationErrors: {
    name: 'prisma_instrumentation_errors_total',
    type: 'counter',
    help: 'Failures inside this instrumentation, handed to onError and kept from the queries.',
    labels: ['client'],
  },
  seriesDropped: {
    name: 'prisma_series_dropped_total',
    type: 'counter',
    help: 'Times a new series was folded into $other because the metric had reached maxSeries.',
    labels: ['client', 'metric'],
  },
} as const

/** The metrics of the HTTP server in front of the application, in OpenTelemetry's names. */
export const httpCatalogue = {
  requestDuration: {
    name: 'http_server_request_duration_seconds',
    type: 'histogram',
    help: 'Duration of HTTP server requests, in seconds.',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: 'http',
  },
  activeRequests: {
    name: 'http_server_active_requests',
    type: 'gauge',
    help: 'HTTP server requests in progress.',
    labels: ['http_request_method'],
  },
} as const

/** The metrics of the scrape endpoint itself. */
export const expositionCatalogue = {
  requests: {
    name: 'prisma_exposition_requests_total',
    type: 'counter',
    help: 'Scrapes answered, by HTTP status code.',
    labels: ['code'],
  },
  requestsInFlight: {
    name: 'prisma_exposition_requests_in_flight',
    type: 'gauge',
    help: 'Scrapes being answered.',
    labels: [],
  },
  collectErrors: {
    name: 'prisma_exposition_collect_errors_total',
    type: 'counter',
    help: 'Metrics whose collection failed or was too late for a scrape, by metric.',
    labels: ['metric'],
  },
  duration: {
    name: 'prisma_exposition_duration_seconds',
    type: 'histogram',
    help: 'Time from a scrape request to its body being ready, in seconds.',
    labels: [],
    buckets: 'duration',
  },
} as const

/**
 * The metrics of Prisma 6's `$metrics`, with its names, help texts and milliseconds: made only where
 * `legacyMetrics` asks for them, and under these names whatever the prefix is.
 */
export const legacyCatalogue = {
  clientQueries: {
    name: 'prisma_client_queries_total',
    type: 'counter',
    help: 'The total number of Prisma Client queries executed',
    labels: ['client'],
  },
  datasourceQueries: {
    name: 'prisma_datasource_queries_total',
    type: 'counter',
    help: 'The total number of datasource queries executed',
    labels: ['client'],
  },
  connectionsClosed: {
    name: 'prisma_pool_connections_closed_total',
    type: 'counter',
    help: 'The total number of pool connections closed',
    labels: ['client'],
  },
  connectionsOpened: {
    name: 'prisma_pool_connections_opened_total',
    type: 'counter',
    help: 'The total number of pool connections opened',
    labels: ['client'],
  },
  clientQueriesActive: {
    name: 'prisma_client_queries_active',
    type: 'gauge',
    help: 'The number of currently active Prisma Client queries',
    labels: ['client'],
  },
  clientQueriesWait: {
    name: 'prisma_client_queries_wait',
    type: 'gauge',
    help: 'The number of datasource queries currently waiting for a free connection',
    labels: ['client'],
  },
  connectionsBusy: {
    name: 'prisma_pool_connections_busy',
    type: 'gauge',
    help: 'The number of pool connections currently executing datasource queries',
    labels: ['client'],
  },
  connectionsIdle: {
    name: 'prisma_pool_connections_idle',
    type: 'gauge',
    help: 'The number of pool connections that are not busy running a query',
    labels: ['client'],
  },
  connectionsOpen: {
    name: 'prisma_pool_connections_open',
    type: 'gauge',
    help: 'The number of pool connections currently open',
    labels: ['client'],
  },
  clientQueriesDuration: {
    name: 'prisma_client_queries_duration_histogram_ms',
    type: 'histogram',
    help: 'The distribution of the time Prisma Client queries took to run end to end',
    labels: ['client'],
    buckets: 'legacy',
  },
  clientQueriesWaitDuration: {
    name: 'prisma_client_queries_wait_histogram_ms',
    type: 'histogram',
    help: 'The distribution of the time all datasource queries spent waiting for a free connection',
    labels: ['client'],
    buckets: 'legacy',
  },
  datasourceQueriesDuration: {
    name: 'prisma_datasource_queries_duration_histogram_ms',
    type: 'histogram',
    help: 'The distribution of the time datasource queries took to run',
    labels: ['client'],
    buckets: 'legacy',
  },
} as const

/** The name under another prefix. Names outside the default prefix (`http_…`) stay as they are. */
export function metricName(declaration: MetricDeclaration, prefix: string): string {
  const { name } = declaration
  return name.startsWith(defaultPrefix) ? prefix + name.slice(defaultPrefix.length) : name
}
