import type {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  processCatalogue,
} from '../src/metrics/catalogue.ts'

/** The part of a metric's reference entry that the catalogue does not hold. */
export interface MetricNote {
  readonly unit: string
  /** What readers may wrongly conclude from the metric. */
  readonly doesNotShow: string
  /** The first query to try, in PromQL. */
  readonly query: string
}

type Notes<Catalogue> = { readonly [Key in keyof Catalogue]: MetricNote }

export const clientNotes: Notes<typeof clientCatalogue> = {
  operationDuration: {
    unit: 'seconds',
    doesNotShow:
      'The time in the database alone. The duration includes waiting for a connection, building the query and reading the result. Each operation of an array transaction lasts as long as the array.',
    query:
      'histogram_quantile(0.95, sum by (model, operation, le) (rate(prisma_operation_duration_seconds_bucket[5m])))',
  },
  operationErrors: {
    unit: 'operations',
    doesNotShow:
      'Whether a user saw the error. A retry may have succeeded, and a P2002 may be expected (insert, or use the existing row).',
    query: 'sum by (model, operation, code) (rate(prisma_operation_errors_total[5m])) > 0',
  },
  operationWait: {
    unit: 'seconds',
    doesNotShow:
      'Waits inside drivers that show none: all but pg and Neon. model="$transaction" is the BEGIN of $transaction with a callback. Operations that Prisma merges or sends together count under $shared, unless they are alike or metrics.comments is used.',
    query: 'topk(5, sum by (model, operation) (rate(prisma_operation_wait_seconds_total[5m])))',
  },
  operationsInFlight: {
    unit: 'operations',
    doesNotShow:
      'Load between two scrapes: it is a sample. For load over time, multiply rate and mean duration.',
    query: 'max by (job, instance, client) (prisma_operations_in_flight)',
  },
  operationRows: {
    unit: 'rows',
    doesNotShow:
      'Rows that the database read, or the size of a row. Operations that do not return a list are not counted.',
    query:
      'histogram_quantile(0.99, sum by (model, operation, le) (rate(prisma_operation_rows_bucket[5m])))',
  },
  operationStatements: {
    unit: 'statements',
    doesNotShow:
      'BEGIN, COMMIT and savepoints. Two kinds of operation that Prisma sends together and cannot be distinguished, such as $queryRaw and $queryRawUnsafe in one transaction, count under $shared.',
    query:
      'topk(5, sum by (model, operation) (rate(prisma_operation_statements_total[5m])) / sum by (model, operation) (rate(prisma_operation_duration_seconds_count[5m])))',
  },
  operationStatementSeconds: {
    unit: 'seconds',
    doesNotShow: 'The time of Prisma itself, and of BEGIN and COMMIT.',
    query:
      'topk(5, sum by (model, operation) (rate(prisma_operation_statement_seconds_total[5m])))',
  },
  slowOperations: {
    unit: 'operations',
    doesNotShow:
      'How slow the operations were: it counts against one limit, slowOperation.seconds. The histogram has the distribution.',
    query: 'topk(5, sum by (model, operation) (increase(prisma_slow_operations_total[1h])))',
  },
  modelInserts: {
    unit: 'rows',
    doesNotShow:
      'The number of operations, and rows written by triggers or cascades inside the database.',
    query: 'sum by (model) (rate(prisma_model_inserts_total[5m])) > 0',
  },
  modelUpdates: {
    unit: 'rows',
    doesNotShow:
      'Whether a value changed. A row that is set to its old values is counted if the database counts it.',
    query: 'sum by (model) (increase(prisma_model_updates_total[1h]))',
  },
  modelDeletes: {
    unit: 'rows',
    doesNotShow: 'Rows deleted with their parent by ON DELETE CASCADE.',
    query: 'sum by (model) (increase(prisma_model_deletes_total[1h]))',
  },
  modelUpserts: {
    unit: 'rows',
    doesNotShow:
      'Whether a row was inserted or updated. An upsert that Prisma runs as SELECT followed by INSERT or UPDATE is counted as an insert or an update instead.',
    query: 'sum by (model) (rate(prisma_model_upserts_total[5m]))',
  },
  rolledBackRows: {
    unit: 'rows',
    doesNotShow: 'The reason. See the errors by code, and transactions with outcome="rollback".',
    query: 'sum by (model, action) (rate(prisma_rolled_back_rows_total[5m])) > 0',
  },
  unknownRows: {
    unit: 'rows',
    doesNotShow:
      'Whether the rows are in the database: the true count is between the committed rows and the committed plus the unknown rows. There is no series before the first such COMMIT.',
    query: 'sum by (model, action) (increase(prisma_unknown_rows_total[1h]))',
  },
  statementDuration: {
    unit: 'seconds',
    doesNotShow:
      'The operation that sent the statement: one batch holds the statements of many operations. With drivers other than pg and Neon, the duration includes waiting for a connection outside transactions.',
    query:
      'histogram_quantile(0.95, sum by (model, statement, le) (rate(prisma_statement_duration_seconds_bucket[5m])))',
  },
  statementErrors: {
    unit: 'statements',
    doesNotShow:
      'Whether the operation failed: Prisma may handle the error. Errors that Prisma raises before it sends SQL are not counted.',
    query: 'sum by (kind) (rate(prisma_statement_errors_total[5m])) > 0',
  },
  transactionDuration: {
    unit: 'seconds',
    doesNotShow:
      'The wait before BEGIN, and the time between statements: a transaction that awaits an HTTP call is long although its SQL is fast.',
    query:
      'histogram_quantile(0.99, sum by (outcome, le) (rate(prisma_transaction_duration_seconds_bucket[5m])))',
  },
  transactionWait: {
    unit: 'seconds',
    doesNotShow:
      'Whether the pool or the server was slow. Compare it with prisma_pool_acquire_duration_seconds.',
    query:
      'histogram_quantile(0.95, sum by (le) (rate(prisma_transaction_wait_seconds_bucket[5m])))',
  },
  transactionsInFlight: {
    unit: 'transactions',
    doesNotShow:
      'The code that holds the transactions. Each open transaction holds one connection.',
    query: 'sum by (instance, client) (prisma_transactions_in_flight)',
  },
  transactionIdle: {
    unit: 'seconds',
    doesNotShow:
      'What the application did in that time. A transaction is counted when it ends; for open ones see prisma_transaction_oldest_seconds and metrics.openTransactions().',
    query:
      'histogram_quantile(0.99, sum by (client, le) (rate(prisma_transaction_idle_seconds_bucket[5m])))',
  },
  transactionOldest: {
    unit: 'seconds',
    doesNotShow:
      'Transactions that began and ended between two scrapes. The code that holds the transaction is in metrics.openTransactions() and in longTransaction.onLong.',
    query: 'max by (instance, client) (prisma_transaction_oldest_seconds)',
  },
  transactionErrors: {
    unit: 'transactions',
    doesNotShow:
      'Failed operations inside a transaction, which prisma_operation_errors_total counts, and transactions that the application rolls back with an error of its own. Transactions given as an array, and those of nested writes, fail as their operations do.',
    query: 'sum by (client, code, phase) (increase(prisma_transaction_errors_total[15m])) > 0',
  },
  longTransactions: {
    unit: 'transactions',
    doesNotShow:
      'Anything without the option longTransaction. A transaction that leaks is counted once, and stays open.',
    query: 'sum by (client, scope) (increase(prisma_long_transactions_total[15m])) > 0',
  },
  savepoints: {
    unit: 'savepoints',
    doesNotShow:
      'The outcome of the outer transaction: a released savepoint can still be rolled back with it.',
    query: 'sum by (outcome) (rate(prisma_savepoints_total[5m]))',
  },
  poolConnections: {
    unit: 'connections',
    doesNotShow:
      'All connections of the server: other instances and other pools connect too, and a proxy may share connections.',
    query: 'sum by (instance, client, state) (prisma_pool_connections)',
  },
  poolConnectionsMax: {
    unit: 'connections',
    doesNotShow:
      'The limit of the server. Sum the metric over all instances and compare it with max_connections.',
    query: 'sum by (client) (prisma_pool_connections_max)',
  },
  poolPendingAcquires: {
    unit: 'callers',
    doesNotShow: 'Waits shorter than the scrape interval. The acquire histogram has them.',
    query: 'max_over_time(prisma_pool_pending_acquires[5m]) > 0',
  },
  poolAcquireDuration: {
    unit: 'seconds',
    doesNotShow: 'The reason for a wait: no connection was free, or a new one was slow to open.',
    query:
      'histogram_quantile(0.95, sum by (le) (rate(prisma_pool_acquire_duration_seconds_bucket[5m])))',
  },
  poolAcquireTimeouts: {
    unit: 'callers',
    doesNotShow:
      'Callers that give up by themselves: Prisma\'s maxWait is prisma_transaction_errors_total{code="P2028",phase="begin"}. MariaDB\'s driver shows those of transactions only.',
    query: 'sum by (client) (increase(prisma_pool_acquire_timeouts_total[15m])) > 0',
  },
  poolConnectionUse: {
    unit: 'seconds',
    doesNotShow:
      'The scope or the operation that used the connection. A connection in use is observed when it is released; one that is destroyed in use is not observed on MariaDB.',
    query:
      'histogram_quantile(0.99, sum by (client, le) (rate(prisma_pool_connection_use_seconds_bucket[5m])))',
  },
  poolConnectionCreate: {
    unit: 'seconds',
    doesNotShow:
      "The reason for a new connection. MariaDB's driver does not show how long it takes to open one: it has no such series.",
    query:
      'histogram_quantile(0.95, sum by (client, outcome, le) (rate(prisma_pool_connection_create_seconds_bucket[5m])))',
  },
  poolConnectionsOpened: {
    unit: 'connections',
    doesNotShow: 'Failed attempts. Acquires with outcome="error" count them.',
    query: 'sum by (client) (rate(prisma_pool_connections_opened_total[5m]))',
  },
  poolConnectionsClosed: {
    unit: 'connections',
    doesNotShow: 'The reason: an idle timeout, the server or the network.',
    query: 'sum by (client) (rate(prisma_pool_connections_closed_total[5m]))',
  },
  poolErrors: {
    unit: 'errors',
    doesNotShow:
      'Errors of queries. These errors happened on idle connections, for example at a restart of the server or in a firewall.',
    query: 'sum by (client) (increase(prisma_pool_errors_total[1h]))',
  },
  migrations: {
    unit: 'migrations',
    doesNotShow: 'state="pending" without migrations.directory, and schema changes made by hand.',
    query: 'max by (client, state) (prisma_migrations)',
  },
  migrationInfo: {
    unit: 'none: constant 1',
    doesNotShow:
      'Further migrations once 20 are exposed; prisma_migrations counts all. Pending ones are exposed only with migrations.directory.',
    query: 'max by (migration, state) (prisma_migration_info)',
  },
  contractInSync: {
    unit: '0 or 1',
    doesNotShow:
      'Whether the tables are as the contract says: the signature is compared, not the schema. `prisma db verify` compares both. Missing if the database is not signed.',
    query: 'min by (client) (prisma_contract_in_sync) == 0',
  },
  cacheRequests: {
    unit: 'operations',
    doesNotShow:
      'Whether the answer was fresh, and whether the cache was asked: a read that the cache ignores is a miss. On Prisma 8 only hits are counted, since a middleware cannot see that a cache was asked in vain.',
    query: 'sum by (model, operation) (rate(prisma_cache_requests_total{outcome="hit"}[5m]))',
  },
  clientInfo: {
    unit: 'constant 1',
    doesNotShow: 'Whether the client is connected, or was ever used.',
    query: 'count by (client_version, adapter, row_source) (prisma_client_info)',
  },
  scopeDuration: {
    unit: 'seconds',
    doesNotShow: 'The share of Prisma. Compare it with prisma_scope_database_seconds.',
    query:
      'histogram_quantile(0.95, sum by (scope, le) (rate(prisma_scope_duration_seconds_bucket[5m])))',
  },
  scopeOperations: {
    unit: 'operations',
    doesNotShow:
      'The number of SQL statements: one operation can send several, and several batched operations can share one.',
    query:
      'histogram_quantile(0.95, sum by (scope, le) (rate(prisma_scope_operations_bucket[5m])))',
  },
  scopeDatabase: {
    unit: 'seconds',
    doesNotShow:
      'Elapsed time: parallel operations add up, so the value can exceed the duration of the scope.',
    query:
      'sum by (scope) (rate(prisma_scope_database_seconds_sum[5m])) / sum by (scope) (rate(prisma_scope_database_seconds_count[5m]))',
  },
  scopeLastSuccess: {
    unit: 'Unix time in seconds',
    doesNotShow: 'A scope that has not succeeded since the process started: it has no series yet.',
    query:
      'time() - max by (scope) (max_over_time(prisma_scope_last_success_timestamp_seconds[7d]) > 0)',
  },
  scopesInFlight: {
    unit: 'scopes',
    doesNotShow:
      'Scopes between two scrapes. A stream of events is in flight as long as its client is connected. With several instrumented clients, a request counts for those that it has used.',
    query: 'sum by (scope) (prisma_scopes_in_flight) > 0',
  },
  scopeOldest: {
    unit: 'seconds',
    doesNotShow:
      'Whether the scope is stuck: a stream of events, or a job of an hour, is as old as it should be.',
    query: 'topk(5, max by (scope) (prisma_scope_oldest_seconds))',
  },
  scopeRows: {
    unit: 'rows',
    doesNotShow:
      'Rows that are written outside scopes. The rows of a transaction belong to the scope that opened it. A scope inside another one counts its rows for itself only. Rows of a request are counted when it ends.',
    query:
      'topk(5, sum by (scope, action) (rate(prisma_scope_rows_total{outcome="rollback"}[5m])))',
  },
  scopeWait: {
    unit: 'seconds',
    doesNotShow:
      'The scope that holds the connections: see prisma_scope_transaction_seconds_total. A scope that waits is a victim.',
    query: 'topk(5, sum by (client, scope) (rate(prisma_scope_wait_seconds_total[5m])))',
  },
  scopeTransaction: {
    unit: 'seconds',
    doesNotShow:
      'Which of several nested scopes: the innermost one counts. scope="$none" is outside all scopes, and scope="$shared" are transactions whose caller Prisma does not show. The seconds of a request are added when its route is known: at its end, or at a scrape.',
    query: 'topk(5, sum by (client, scope) (rate(prisma_scope_transaction_seconds_total[5m])))',
  },
  scopeTransactionIdle: {
    unit: 'seconds',
    doesNotShow:
      'Why the application kept the transaction open: an HTTP call, a lock, a computation, or a promise that nothing resolves.',
    query:
      'topk(5, sum by (client, scope) (rate(prisma_scope_transaction_idle_seconds_total[5m])))',
  },
  scopeBlocked: {
    unit: 'seconds',
    doesNotShow:
      'Blocks shorter than 20 ms, and code that continues after something else than a Prisma operation: prisma_event_loop_delay_seconds shows them without a name.',
    query:
      'topk(5, sum by (client, scope) (rate(prisma_scope_event_loop_blocked_seconds_total[5m])))',
  },
  nPlusOneSuspects: {
    unit: 'suspects',
    doesNotShow:
      'Whether the scope is slow today. The counter shows that its number of operations grows with the data.',
    query: 'sum by (scope, model, operation) (increase(prisma_n_plus_one_suspects_total[1h])) > 0',
  },
  nPlusOneSeconds: {
    unit: 'seconds',
    doesNotShow:
      'The time that one query would save: it must read the rows too. Parallel calls add up.',
    query:
      'topk(5, sum by (scope, model, operation) (increase(prisma_n_plus_one_seconds_total[1h])))',
  },
  eventHandlerErrors: {
    unit: 'errors',
    doesNotShow: 'Failed queries: handlers run after the commit and cannot fail a query.',
    query: 'sum by (model, operation) (increase(prisma_event_handler_errors_total[1h])) > 0',
  },
  readingLastSuccess: {
    unit: 'Unix time in seconds',
    doesNotShow: 'Whether the value is right: it shows only its age.',
    query:
      'time() - max by (gauge) (max_over_time(prisma_reading_last_success_timestamp_seconds[7d]) > 0)',
  },
  readingErrors: {
    unit: 'readings',
    doesNotShow: 'Whether the gauge is missing: the last good value is still served.',
    query: 'sum by (gauge) (increase(prisma_reading_errors_total[1h])) > 0',
  },
  instrumentationErrors: {
    unit: 'errors',
    doesNotShow: 'Failed queries: no query fails because of it. Some counts may be missing.',
    query: 'sum by (job, client) (increase(prisma_instrumentation_errors_total[1h])) > 0',
  },
  seriesDropped: {
    unit: 'observations',
    doesNotShow:
      'The label values that were folded. Look for names that are generated at run time.',
    query: 'sum by (metric) (increase(prisma_series_dropped_total[1h])) > 0',
  },
  seriesLimit: {
    unit: 'label sets',
    doesNotShow:
      'The label sets that exist, and lines: a label set of a histogram has one line per bucket and three more. `npx prisma-prometheus check URL --budget N` shows both.',
    query: 'max by (job, client, metric) (prisma_series_limit)',
  },
}

export const processNotes: Notes<typeof processCatalogue> = {
  eventLoopDelay: {
    unit: 'seconds',
    doesNotShow:
      'The code that blocked the event loop, or a delay shorter than the sampling interval of 10 ms. Percentile 100 is the longest delay. Measurements are rarer while the loop is blocked, so percentile 50 stays low even if it is blocked half of the time.',
    query: 'max by (job, instance) (prisma_event_loop_delay_seconds{percentile="99"})',
  },
}

export const httpNotes: Notes<typeof httpCatalogue> = {
  requestDuration: {
    unit: 'seconds',
    doesNotShow:
      'The latency for the user: the network and queues before the process are not included. An empty http_route means that no route matched, or that the framework does not expose its route.',
    query:
      'histogram_quantile(0.95, sum by (http_route, le) (rate(http_server_request_duration_seconds_bucket[5m])))',
  },
  activeRequests: {
    unit: 'requests',
    doesNotShow: 'The routes of the requests.',
    query: 'sum by (instance) (http_server_active_requests)',
  },
}

export const expositionNotes: Notes<typeof expositionCatalogue> = {
  requests: {
    unit: 'scrapes',
    doesNotShow: 'The scraper. Codes 401 and 403 are requests without valid credentials.',
    query: 'sum by (code) (rate(prisma_exposition_requests_total[5m]))',
  },
  requestsInFlight: {
    unit: 'scrapes',
    doesNotShow:
      'Scrapes between two samples. The value is at least 1, because the scrape that reads it is one.',
    query: 'max by (instance) (prisma_exposition_requests_in_flight)',
  },
  collectErrors: {
    unit: 'errors',
    doesNotShow: 'The error itself. It is reported to onError, and is never part of the body.',
    query: 'sum by (metric) (increase(prisma_exposition_collect_errors_total[1h])) > 0',
  },
  duration: {
    unit: 'seconds',
    doesNotShow: 'The time on the network. scrape_duration_seconds of Prometheus includes it.',
    query:
      'histogram_quantile(0.99, sum by (instance, le) (rate(prisma_exposition_duration_seconds_bucket[5m])))',
  },
}
