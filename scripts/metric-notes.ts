import type {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
} from '../src/metrics/catalogue.ts'

/** What the reference says of a metric besides what the catalogue says. */
export interface MetricNote {
  readonly unit: string
  /** The wrong conclusion that lies near. */
  readonly doesNotTell: string
  /** The first query to try. */
  readonly query: string
}

type Notes<Catalogue> = { readonly [Key in keyof Catalogue]: MetricNote }

export const clientNotes: Notes<typeof clientCatalogue> = {
  operationDuration: {
    unit: 'seconds',
    doesNotTell:
      'How long the database took: waiting for a connection, building the query and reading the result are in it. Operations of an array transaction each last as long as the array.',
    query:
      'histogram_quantile(0.95, sum by (model, operation, le) (rate(prisma_operation_duration_seconds_bucket[5m])))',
  },
  operationErrors: {
    unit: 'operations',
    doesNotTell:
      'Whether the user saw an error: a retry may have succeeded, and a P2002 may be a plan (insert, or take what is there).',
    query: 'sum by (model, operation, code) (rate(prisma_operation_errors_total[5m])) > 0',
  },
  operationsInFlight: {
    unit: 'operations',
    doesNotTell:
      'What was in flight between two scrapes. It is a sample; for load over time multiply rate and mean duration.',
    query: 'max by (job, instance, client) (prisma_operations_in_flight)',
  },
  operationRows: {
    unit: 'rows',
    doesNotTell:
      'How many rows the database read for it, or how wide they are. Only operations that return a list are in it.',
    query:
      'histogram_quantile(0.99, sum by (model, operation, le) (rate(prisma_operation_rows_bucket[5m])))',
  },
  slowOperations: {
    unit: 'operations',
    doesNotTell:
      'How slow. It counts against one line, slowOperation.seconds; the histogram has the rest.',
    query: 'topk(5, sum by (model, operation) (increase(prisma_slow_operations_total[1h])))',
  },
  modelInserts: {
    unit: 'rows',
    doesNotTell:
      'How many operations it took, and what triggers or cascades inside the database wrote.',
    query: 'sum by (model) (rate(prisma_model_inserts_total[5m])) > 0',
  },
  modelUpdates: {
    unit: 'rows',
    doesNotTell:
      'Whether a value changed: a row that is set to what it was counts where the database counts it.',
    query: 'sum by (model) (increase(prisma_model_updates_total[1h]))',
  },
  modelDeletes: {
    unit: 'rows',
    doesNotTell: 'Rows that went with a parent by ON DELETE CASCADE.',
    query: 'sum by (model) (increase(prisma_model_deletes_total[1h]))',
  },
  modelUpserts: {
    unit: 'rows',
    doesNotTell:
      'Whether rows were inserted or updated. An upsert that Prisma runs as SELECT and INSERT or UPDATE counts as the latter.',
    query: 'sum by (model) (rate(prisma_model_upserts_total[5m]))',
  },
  rolledBackRows: {
    unit: 'rows',
    doesNotTell: 'Why. See the errors by code, and outcome="rollback" of the transactions.',
    query: 'sum by (model, action) (rate(prisma_rolled_back_rows_total[5m])) > 0',
  },
  unknownRows: {
    unit: 'rows',
    doesNotTell:
      'Whether the rows are in the database: between committed rows and committed plus unknown ones. It has no series before the first such COMMIT.',
    query: 'sum by (model, action) (increase(prisma_unknown_rows_total[1h]))',
  },
  statementDuration: {
    unit: 'seconds',
    doesNotTell:
      'Which operation sent it: a batch carries the statements of many. Outside of transactions the wait for a connection is in it.',
    query:
      'histogram_quantile(0.95, sum by (model, statement, le) (rate(prisma_statement_duration_seconds_bucket[5m])))',
  },
  statementErrors: {
    unit: 'statements',
    doesNotTell:
      'Whether the operation failed: Prisma may handle the error. Errors Prisma finds before any SQL are not in it.',
    query: 'sum by (kind) (rate(prisma_statement_errors_total[5m])) > 0',
  },
  transactionDuration: {
    unit: 'seconds',
    doesNotTell:
      'The wait before BEGIN, and what your code did in between: a transaction that awaits an HTTP call is long and its SQL is fast.',
    query:
      'histogram_quantile(0.99, sum by (outcome, le) (rate(prisma_transaction_duration_seconds_bucket[5m])))',
  },
  transactionWait: {
    unit: 'seconds',
    doesNotTell:
      'Whether the pool or the server was slow; compare with prisma_pool_acquire_duration_seconds.',
    query:
      'histogram_quantile(0.95, sum by (le) (rate(prisma_transaction_wait_seconds_bucket[5m])))',
  },
  transactionsInFlight: {
    unit: 'transactions',
    doesNotTell: 'Who holds them. Each holds one connection.',
    query: 'sum by (instance, client) (prisma_transactions_in_flight)',
  },
  savepoints: {
    unit: 'savepoints',
    doesNotTell:
      'Anything about the outer transaction: a released savepoint can still be rolled back with it.',
    query: 'sum by (outcome) (rate(prisma_savepoints_total[5m]))',
  },
  poolConnections: {
    unit: 'connections',
    doesNotTell:
      'What the server sees: other instances and other pools connect too, and a proxy may share.',
    query: 'sum by (instance, client, state) (prisma_pool_connections)',
  },
  poolConnectionsMax: {
    unit: 'connections',
    doesNotTell:
      'What the server allows. Sum it over all instances and compare with max_connections.',
    query: 'sum by (client) (prisma_pool_connections_max)',
  },
  poolPendingAcquires: {
    unit: 'callers',
    doesNotTell: 'Waits shorter than the scrape interval; those are in the acquire histogram.',
    query: 'max_over_time(prisma_pool_pending_acquires[5m]) > 0',
  },
  poolAcquireDuration: {
    unit: 'seconds',
    doesNotTell: 'Why it took long: no connection was free, or a new one was slow to open.',
    query:
      'histogram_quantile(0.95, sum by (le) (rate(prisma_pool_acquire_duration_seconds_bucket[5m])))',
  },
  poolConnectionsOpened: {
    unit: 'connections',
    doesNotTell: 'Failed attempts; outcome="error" of the acquires has them.',
    query: 'sum by (client) (rate(prisma_pool_connections_opened_total[5m]))',
  },
  poolConnectionsClosed: {
    unit: 'connections',
    doesNotTell: 'Who closed them: an idle timeout, the server, the network.',
    query: 'sum by (client) (rate(prisma_pool_connections_closed_total[5m]))',
  },
  poolErrors: {
    unit: 'errors',
    doesNotTell:
      'Errors of queries. These happened while a connection lay idle: a restart, a firewall.',
    query: 'sum by (client) (increase(prisma_pool_errors_total[1h]))',
  },
  migrations: {
    unit: 'migrations',
    doesNotTell: 'state="pending" without migrations.directory, and schema changes made by hand.',
    query: 'max by (client, state) (prisma_migrations)',
  },
  clientInfo: {
    unit: 'constant 1',
    doesNotTell: 'That the client is connected, or was ever used.',
    query: 'count by (client_version, adapter, row_source) (prisma_client_info)',
  },
  scopeDuration: {
    unit: 'seconds',
    doesNotTell: 'How much of it was Prisma; compare with prisma_scope_database_seconds.',
    query:
      'histogram_quantile(0.95, sum by (scope, le) (rate(prisma_scope_duration_seconds_bucket[5m])))',
  },
  scopeOperations: {
    unit: 'operations',
    doesNotTell:
      'How many SQL statements: one operation can be several, and several batched ones can be one.',
    query:
      'histogram_quantile(0.95, sum by (scope, le) (rate(prisma_scope_operations_bucket[5m])))',
  },
  scopeDatabase: {
    unit: 'seconds',
    doesNotTell:
      'Elapsed time: operations in parallel add up, so it can exceed the duration of the scope.',
    query:
      'sum by (scope) (rate(prisma_scope_database_seconds_sum[5m])) / sum by (scope) (rate(prisma_scope_database_seconds_count[5m]))',
  },
  scopeLastSuccess: {
    unit: 'Unix time in seconds',
    doesNotTell:
      'Anything about a job that has never succeeded since the process started: it has no series yet.',
    query: 'time() - max by (scope) (prisma_scope_last_success_timestamp_seconds)',
  },
  nPlusOneSuspects: {
    unit: 'suspects',
    doesNotTell: 'That it is slow today. It says that the number of operations follows the data.',
    query: 'sum by (scope, model, operation) (increase(prisma_n_plus_one_suspects_total[1h])) > 0',
  },
  eventHandlerErrors: {
    unit: 'errors',
    doesNotTell: 'That a query failed: handlers run after the commit and never touch it.',
    query: 'sum by (model, operation) (increase(prisma_event_handler_errors_total[1h])) > 0',
  },
  readingLastSuccess: {
    unit: 'Unix time in seconds',
    doesNotTell: 'That the value is right, only how old it is.',
    query: 'time() - max by (gauge) (prisma_reading_last_success_timestamp_seconds)',
  },
  readingErrors: {
    unit: 'readings',
    doesNotTell: 'That the gauge is gone: the last good value is still served.',
    query: 'sum by (gauge) (increase(prisma_reading_errors_total[1h])) > 0',
  },
  instrumentationErrors: {
    unit: 'errors',
    doesNotTell: 'That a query failed: it did not. A number may be missing.',
    query: 'sum by (job, client) (increase(prisma_instrumentation_errors_total[1h])) > 0',
  },
  seriesDropped: {
    unit: 'observations',
    doesNotTell: 'Which label values were folded. Look for names made up at run time.',
    query: 'sum by (metric) (increase(prisma_series_dropped_total[1h])) > 0',
  },
}

export const httpNotes: Notes<typeof httpCatalogue> = {
  requestDuration: {
    unit: 'seconds',
    doesNotTell:
      'What the user waited: the network and the queue before the process are not in it. An empty http_route is a request no route matched, or a framework that does not tell.',
    query:
      'histogram_quantile(0.95, sum by (http_route, le) (rate(http_server_request_duration_seconds_bucket[5m])))',
  },
  activeRequests: {
    unit: 'requests',
    doesNotTell: 'Which routes they are on.',
    query: 'sum by (instance) (http_server_active_requests)',
  },
}

export const expositionNotes: Notes<typeof expositionCatalogue> = {
  requests: {
    unit: 'scrapes',
    doesNotTell: 'Who scraped. Codes 401 and 403 are somebody without a key.',
    query: 'sum by (code) (rate(prisma_exposition_requests_total[5m]))',
  },
  requestsInFlight: {
    unit: 'scrapes',
    doesNotTell: 'More than the moment; at least 1, since the scrape that reads it is one.',
    query: 'max by (instance) (prisma_exposition_requests_in_flight)',
  },
  collectErrors: {
    unit: 'errors',
    doesNotTell: 'The error. It is in your log where onError writes it, never in the body.',
    query: 'sum by (metric) (increase(prisma_exposition_collect_errors_total[1h])) > 0',
  },
  duration: {
    unit: 'seconds',
    doesNotTell: 'The time on the network; scrape_duration_seconds of Prometheus has it.',
    query:
      'histogram_quantile(0.99, sum by (instance, le) (rate(prisma_exposition_duration_seconds_bucket[5m])))',
  },
}
