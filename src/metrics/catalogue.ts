/**
 * The catalogue: every metric that this package exposes, as data. Recorders, documentation,
 * dashboards and rules are checked against it, so metric names are declared only in this file.
 *
 * Names have the default prefix; {@link metricName} replaces it. Units are seconds, rows,
 * operations or connections, never milliseconds (https://prometheus.io/docs/practices/naming/).
 */

export type MetricType = 'counter' | 'gauge' | 'histogram'

/** Selects the {@link bucketBounds} of a histogram. `prismaMetrics({ buckets })` replaces `duration`. */
export type BucketKind = 'duration' | 'rows' | 'operations' | 'scope' | 'http' | 'legacy'

export interface MetricDeclaration {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  /** Label names in a fixed order; `client` is the first label of every metric of one client. */
  readonly labels: readonly string[]
  readonly buckets?: BucketKind
  /** How the values of several processes are combined, in prom-client's terms. @default 'sum' */
  readonly aggregator?: 'sum' | 'first' | 'max'
}

export const defaultPrefix = 'prisma_'

/** Upper bounds of histogram buckets, ascending, without `+Inf`. */
export const bucketBounds: Readonly<Record<BucketKind, readonly number[]>> = {
  /** In seconds: half a millisecond to ten seconds. */
  duration: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  rows: [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 10000],
  /** Operations in one scope. */
  operations: [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  /** In seconds, up to an hour: jobs take longer than queries. */
  scope: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
  /** In seconds, as OpenTelemetry recommends for `http.server.request.duration`. */
  http: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  /** In milliseconds, the buckets of Prisma 6. */
  legacy: [0, 1, 5, 10, 50, 100, 500, 1000, 5000, 50000],
}

/** The metrics of one instrumented client. All have the label `client`. */
export const clientCatalogue = {
  operationDuration: {
    name: 'prisma_operation_duration_seconds',
    type: 'histogram',
    help: 'Duration of Prisma operations, failed ones included, in seconds.',
    labels: ['client', 'model', 'operation'],
    buckets: 'duration',
  },
  operationErrors: {
    name: 'prisma_operation_errors_total',
    type: 'counter',
    help: 'Failed Prisma operations, by Prisma error code (Pxxxx), or validation, initialization, panic or unknown.',
    labels: ['client', 'model', 'operation', 'code'],
  },
  operationWait: {
    name: 'prisma_operation_wait_seconds_total',
    type: 'counter',
    help: 'Time that statements and transactions waited for a connection, by model and operation, in seconds. Waits that cannot be attributed to one operation count under $shared.',
    labels: ['client', 'model', 'operation'],
  },
  operationsInFlight: {
    name: 'prisma_operations_in_flight',
    type: 'gauge',
    help: 'Prisma operations in progress.',
    labels: ['client'],
  },
  operationRows: {
    name: 'prisma_operation_rows',
    type: 'histogram',
    help: 'Rows returned by Prisma operations that return a list.',
    labels: ['client', 'model', 'operation'],
    buckets: 'rows',
  },
  operationStatements: {
    name: 'prisma_operation_statements_total',
    type: 'counter',
    help: 'SQL statements sent by Prisma operations, failed ones included. Only with metrics.comments.',
    labels: ['client', 'model', 'operation'],
  },
  operationStatementSeconds: {
    name: 'prisma_operation_statement_seconds_total',
    type: 'counter',
    help: 'Time of the SQL statements of Prisma operations in the driver adapter, in seconds. Only with metrics.comments.',
    labels: ['client', 'model', 'operation'],
  },
  slowOperations: {
    name: 'prisma_slow_operations_total',
    type: 'counter',
    help: 'Prisma operations that took slowOperation.seconds or longer, without their known wait for a connection.',
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
    help: 'Rows deleted and committed, by model. Cascades inside the database are not counted.',
    labels: ['client', 'model'],
  },
  modelUpserts: {
    name: 'prisma_model_upserts_total',
    type: 'counter',
    help: 'Rows inserted or updated by native upserts and committed, by model. The database does not report which.',
    labels: ['client', 'model'],
  },
  rolledBackRows: {
    name: 'prisma_rolled_back_rows_total',
    type: 'counter',
    help: 'Rows written and then undone by the rollback of a transaction or savepoint, by model and action.',
    labels: ['client', 'model', 'action'],
  },
  unknownRows: {
    name: 'prisma_unknown_rows_total',
    type: 'counter',
    help: 'Rows written in transactions whose COMMIT was not answered, by model and action.',
    labels: ['client', 'model', 'action'],
  },
  statementDuration: {
    name: 'prisma_statement_duration_seconds',
    type: 'histogram',
    help: 'Duration of SQL statements in the driver adapter, failed ones included, in seconds. Without the wait for a connection if the driver shows it (pg, Neon).',
    labels: ['client', 'model', 'statement'],
    buckets: 'duration',
  },
  statementErrors: {
    name: 'prisma_statement_errors_total',
    type: 'counter',
    help: 'Failed SQL statements, BEGIN and COMMIT included, by error kind of the driver adapter.',
    labels: ['client', 'kind'],
  },
  transactionDuration: {
    name: 'prisma_transaction_duration_seconds',
    type: 'histogram',
    help: 'Time from a successful BEGIN to the end of the transaction, by outcome (unknown: the answer to COMMIT was lost), in seconds.',
    labels: ['client', 'outcome'],
    buckets: 'duration',
  },
  transactionWait: {
    name: 'prisma_transaction_wait_seconds',
    type: 'histogram',
    help: 'Time to acquire a connection and BEGIN a transaction, failed attempts included, in seconds.',
    labels: ['client'],
    buckets: 'duration',
  },
  transactionsInFlight: {
    name: 'prisma_transactions_in_flight',
    type: 'gauge',
    help: 'Transactions in progress.',
    labels: ['client'],
  },
  transactionIdle: {
    name: 'prisma_transaction_idle_seconds',
    type: 'histogram',
    help: 'Time within a transaction in which no statement ran, in seconds.',
    labels: ['client'],
    buckets: 'duration',
  },
  transactionOldest: {
    name: 'prisma_transaction_oldest_seconds',
    type: 'gauge',
    help: 'Age of the oldest open transaction, 0 if none is open, in seconds.',
    labels: ['client'],
    aggregator: 'max',
  },
  transactionErrors: {
    name: 'prisma_transaction_errors_total',
    type: 'counter',
    help: 'Failures of transactions themselves: at BEGIN, at COMMIT, or by a timeout of the callback, by error code and phase.',
    labels: ['client', 'code', 'phase'],
  },
  longTransactions: {
    name: 'prisma_long_transactions_total',
    type: 'counter',
    help: 'Transactions that were open for longTransaction.seconds, counted while they are open, by scope.',
    labels: ['client', 'scope'],
  },
  savepoints: {
    name: 'prisma_savepoints_total',
    type: 'counter',
    help: 'Savepoints ended, by outcome. Nested Prisma transactions are savepoints.',
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
    help: 'Maximum number of open connections of the driver pool.',
    labels: ['client'],
  },
  poolPendingAcquires: {
    name: 'prisma_pool_pending_acquires',
    type: 'gauge',
    help: 'Callers waiting for a connection from the driver pool.',
    labels: ['client'],
  },
  poolAcquireDuration: {
    name: 'prisma_pool_acquire_duration_seconds',
    type: 'histogram',
    help: 'Time to acquire a connection from the driver pool, by outcome, in seconds.',
    labels: ['client', 'outcome'],
    buckets: 'duration',
  },
  poolAcquireTimeouts: {
    name: 'prisma_pool_acquire_timeouts_total',
    type: 'counter',
    help: 'Callers that the driver pool has refused because no connection was free in time.',
    labels: ['client'],
  },
  poolConnectionUse: {
    name: 'prisma_pool_connection_use_seconds',
    type: 'histogram',
    help: 'Time from the acquisition of a connection to its release into the driver pool, in seconds.',
    labels: ['client'],
    buckets: 'scope',
  },
  poolConnectionCreate: {
    name: 'prisma_pool_connection_create_seconds',
    type: 'histogram',
    help: 'Time to open a connection of the driver pool, by outcome, in seconds.',
    labels: ['client', 'outcome'],
    buckets: 'duration',
  },
  poolConnectionsOpened: {
    name: 'prisma_pool_connections_opened_total',
    type: 'counter',
    help: 'Connections opened by the driver pool.',
    labels: ['client'],
  },
  poolConnectionsClosed: {
    name: 'prisma_pool_connections_closed_total',
    type: 'counter',
    help: 'Connections closed by the driver pool.',
    labels: ['client'],
  },
  poolErrors: {
    name: 'prisma_pool_errors_total',
    type: 'counter',
    help: 'Errors that the driver pool reported on idle connections.',
    labels: ['client'],
  },
  migrations: {
    name: 'prisma_migrations',
    type: 'gauge',
    help: 'Migrations by state, as the database and the migrations directory record them.',
    labels: ['client', 'state'],
    aggregator: 'max',
  },
  migrationInfo: {
    name: 'prisma_migration_info',
    type: 'gauge',
    help: 'Constant 1 per failed or pending migration, at most 20: failed ones first.',
    labels: ['client', 'migration', 'state'],
    aggregator: 'max',
  },
  contractInSync: {
    name: 'prisma_contract_in_sync',
    type: 'gauge',
    help: 'Prisma 8: 1 if the database is signed with the contract that the client uses, 0 if with another one.',
    labels: ['client'],
    aggregator: 'max',
  },
  cacheRequests: {
    name: 'prisma_cache_requests_total',
    type: 'counter',
    help: 'Read operations of a client with a cache, by outcome: miss if they reached the database.',
    labels: ['client', 'model', 'operation', 'outcome'],
  },
  clientInfo: {
    name: 'prisma_client_info',
    type: 'gauge',
    help: 'Constant 1. The labels hold the versions and the source of the row counters.',
    labels: ['client', 'client_version', 'provider', 'adapter', 'row_source'],
    aggregator: 'first',
  },
  scopeDuration: {
    name: 'prisma_scope_duration_seconds',
    type: 'histogram',
    help: 'Duration of scopes (jobs, messages, requests), by scope and outcome, in seconds.',
    labels: ['client', 'scope', 'outcome'],
    buckets: 'scope',
  },
  scopeOperations: {
    name: 'prisma_scope_operations',
    type: 'histogram',
    help: 'Prisma operations per run of a scope.',
    labels: ['client', 'scope'],
    buckets: 'operations',
  },
  scopeDatabase: {
    name: 'prisma_scope_database_seconds',
    type: 'histogram',
    help: 'Time in Prisma operations per run of a scope, parallel operations added up, in seconds.',
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
  scopesInFlight: {
    name: 'prisma_scopes_in_flight',
    type: 'gauge',
    help: 'Scopes in progress, by scope. A request whose route is not matched yet counts under its method.',
    labels: ['client', 'scope'],
  },
  scopeOldest: {
    name: 'prisma_scope_oldest_seconds',
    type: 'gauge',
    help: 'Age of the oldest scope in progress, by scope, in seconds; 0 if none is in progress.',
    labels: ['client', 'scope'],
    aggregator: 'max',
  },
  scopeRows: {
    name: 'prisma_scope_rows_total',
    type: 'counter',
    help: 'Rows written in scopes, by scope, action and outcome of the transaction. Rows that cannot be attributed to one scope count under $shared.',
    labels: ['client', 'scope', 'action', 'outcome'],
  },
  scopeWait: {
    name: 'prisma_scope_wait_seconds_total',
    type: 'counter',
    help: 'Time that statements and transactions waited for a connection, by scope, in seconds. Waits that cannot be attributed to one scope count under $shared.',
    labels: ['client', 'scope'],
  },
  scopeTransaction: {
    name: 'prisma_scope_transaction_seconds_total',
    type: 'counter',
    help: 'Time that transactions held their connections, open ones included, by scope, in seconds.',
    labels: ['client', 'scope'],
  },
  scopeTransactionIdle: {
    name: 'prisma_scope_transaction_idle_seconds_total',
    type: 'counter',
    help: 'Time that transactions held their connections while no statement ran, open ones included, by scope, in seconds.',
    labels: ['client', 'scope'],
  },
  scopeBlocked: {
    name: 'prisma_scope_event_loop_blocked_seconds_total',
    type: 'counter',
    help: 'Time that code of scopes blocked the event loop for 20 ms or longer without interruption, by scope, in seconds. Blocks that cannot be attributed to one scope count under $shared.',
    labels: ['client', 'scope'],
  },
  nPlusOneSuspects: {
    name: 'prisma_n_plus_one_suspects_total',
    type: 'counter',
    help: 'Operation fingerprints repeated nPlusOne.threshold times or more in one run of a scope.',
    labels: ['client', 'scope', 'model', 'operation'],
  },
  nPlusOneSeconds: {
    name: 'prisma_n_plus_one_seconds_total',
    type: 'counter',
    help: 'Duration of the operations of N+1 suspects, in seconds.',
    labels: ['client', 'scope', 'model', 'operation'],
  },
  eventHandlerErrors: {
    name: 'prisma_event_handler_errors_total',
    type: 'counter',
    help: 'Event handlers, and callbacks of afterCommit, onSuspect, onSlow and onFailed, that threw or rejected.',
    labels: ['client', 'model', 'operation'],
  },
  readingLastSuccess: {
    name: 'prisma_reading_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time of the reading that a gauge shows, by gauge, in seconds.',
    labels: ['client', 'gauge'],
    aggregator: 'max',
  },
  readingErrors: {
    name: 'prisma_reading_errors_total',
    type: 'counter',
    help: 'Failed or late readings of a gauge, by gauge. The last good value is served.',
    labels: ['client', 'gauge'],
  },
  instrumentationErrors: {
    name: 'prisma_instrumentation_errors_total',
    type: 'counter',
    help: 'Failures inside this instrumentation. They are reported to onError and do not reach a query.',
    labels: ['client'],
  },
  seriesDropped: {
    name: 'prisma_series_dropped_total',
    type: 'counter',
    help: 'Times a new set of label values was folded into $other because its metric had reached maxSeries.',
    labels: ['client', 'metric'],
  },
  seriesLimit: {
    name: 'prisma_series_limit',
    type: 'gauge',
    help: 'Maximum number of label sets of a metric in one process (maxSeries), by metric. Metrics of one label set have none.',
    labels: ['client', 'metric'],
    aggregator: 'max',
  },
} as const

/** The metrics of the process, which its instrumentations share. */
export const processCatalogue = {
  eventLoopDelay: {
    name: 'prisma_event_loop_delay_seconds',
    type: 'gauge',
    help: 'Delay of the event loop in the last one to two minutes, by percentile, in seconds.',
    labels: ['percentile'],
    aggregator: 'max',
  },
} as const

/** The metrics of the application's HTTP requests, named by OpenTelemetry's conventions. */
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
    help: 'Scrapes in progress.',
    labels: [],
  },
  collectErrors: {
    name: 'prisma_exposition_collect_errors_total',
    type: 'counter',
    help: 'Metrics whose collection failed or was late for a scrape, by metric.',
    labels: ['metric'],
  },
  duration: {
    name: 'prisma_exposition_duration_seconds',
    type: 'histogram',
    help: 'Time from a scrape request until its body is ready, in seconds.',
    labels: [],
    buckets: 'duration',
  },
} as const

/** The metrics of the export through OpenTelemetry. */
export const openTelemetryCatalogue = {
  exportErrors: {
    name: 'prisma_opentelemetry_errors_total',
    type: 'counter',
    help: 'Failures of the export through OpenTelemetry: series that could not be collected, and flushes that failed.',
    labels: ['stage'],
  },
} as const

/**
 * The metrics of Prisma 6's `$metrics`, with its names, help texts and milliseconds. They exist only
 * with the option `legacyMetrics`, and ignore `prefix`.
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

/** Returns the metric's name with `prefix` in place of the default one; `http_…` names do not change. */
export function metricName(declaration: MetricDeclaration, prefix: string): string {
  const { name } = declaration
  return name.startsWith(defaultPrefix) ? prefix + name.slice(defaultPrefix.length) : name
}
