import { expect, test } from 'vitest'
import { connect } from '../events/connect.ts'

test('answers a whole scrape', async () => {
  const { prisma, registry } = await connect({ buckets: [0.01, 1], eventLoopDelay: false })
  await prisma.workspace.create({
    data: { slug: 'shop', name: 'Shop', alerts: { create: { title: 'Late' } } },
  })
  await prisma.workspace.create({ data: { slug: 'shop', name: 'Again' } }).catch(() => undefined)
  await prisma.tag.upsert({ where: { name: 'late' }, create: { name: 'late' }, update: {} })
  await prisma
    .$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'undone' } })
      throw new Error('undo')
    })
    .catch(() => undefined)
  await prisma.alert.findMany()
  await prisma.$queryRaw`SELECT 1`

  expect(timeless(await registry.metrics())).toMatchInlineSnapshot(`
    "# HELP prisma_series_dropped_total Times a new set of label values was folded into $other because its metric had reached maxSeries.
    # TYPE prisma_series_dropped_total counter

    # HELP prisma_series_limit Maximum number of label sets of a metric in one process (maxSeries), by metric. Metrics of one label set have none.
    # TYPE prisma_series_limit gauge
    prisma_series_limit{client="default",metric="prisma_operation_duration_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_operation_errors_total"} 2000
    prisma_series_limit{client="default",metric="prisma_operation_wait_seconds_total"} 2000
    prisma_series_limit{client="default",metric="prisma_operation_rows"} 2000
    prisma_series_limit{client="default",metric="prisma_operation_statements_total"} 2000
    prisma_series_limit{client="default",metric="prisma_operation_statement_seconds_total"} 2000
    prisma_series_limit{client="default",metric="prisma_slow_operations_total"} 2000
    prisma_series_limit{client="default",metric="prisma_model_inserts_total"} 2000
    prisma_series_limit{client="default",metric="prisma_model_updates_total"} 2000
    prisma_series_limit{client="default",metric="prisma_model_deletes_total"} 2000
    prisma_series_limit{client="default",metric="prisma_model_upserts_total"} 2000
    prisma_series_limit{client="default",metric="prisma_rolled_back_rows_total"} 2000
    prisma_series_limit{client="default",metric="prisma_unknown_rows_total"} 2000
    prisma_series_limit{client="default",metric="prisma_statement_duration_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_statement_errors_total"} 2000
    prisma_series_limit{client="default",metric="prisma_transaction_duration_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_transaction_errors_total"} 2000
    prisma_series_limit{client="default",metric="prisma_long_transactions_total"} 2000
    prisma_series_limit{client="default",metric="prisma_savepoints_total"} 2000
    prisma_series_limit{client="default",metric="prisma_pool_connections"} 2000
    prisma_series_limit{client="default",metric="prisma_pool_acquire_duration_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_pool_connection_create_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_migrations"} 2000
    prisma_series_limit{client="default",metric="prisma_migration_info"} 2000
    prisma_series_limit{client="default",metric="prisma_cache_requests_total"} 2000
    prisma_series_limit{client="default",metric="prisma_client_info"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_duration_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_operations"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_database_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_last_success_timestamp_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_scopes_in_flight"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_oldest_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_rows_total"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_wait_seconds_total"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_transaction_seconds_total"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_transaction_idle_seconds_total"} 2000
    prisma_series_limit{client="default",metric="prisma_scope_event_loop_blocked_seconds_total"} 2000
    prisma_series_limit{client="default",metric="prisma_n_plus_one_suspects_total"} 2000
    prisma_series_limit{client="default",metric="prisma_n_plus_one_seconds_total"} 2000
    prisma_series_limit{client="default",metric="prisma_event_handler_errors_total"} 2000
    prisma_series_limit{client="default",metric="prisma_reading_last_success_timestamp_seconds"} 2000
    prisma_series_limit{client="default",metric="prisma_reading_errors_total"} 2000

    # HELP prisma_operation_duration_seconds Duration of Prisma operations, failed ones included, in seconds.
    # TYPE prisma_operation_duration_seconds histogram
    prisma_operation_duration_seconds_sum{client="default",model="Workspace",operation="create"} …
    prisma_operation_duration_seconds_count{client="default",model="Workspace",operation="create"} 2
    prisma_operation_duration_seconds_sum{client="default",model="Tag",operation="upsert"} …
    prisma_operation_duration_seconds_count{client="default",model="Tag",operation="upsert"} 1
    prisma_operation_duration_seconds_sum{client="default",model="Tag",operation="create"} …
    prisma_operation_duration_seconds_count{client="default",model="Tag",operation="create"} 1
    prisma_operation_duration_seconds_sum{client="default",model="Alert",operation="findMany"} …
    prisma_operation_duration_seconds_count{client="default",model="Alert",operation="findMany"} 1
    prisma_operation_duration_seconds_sum{client="default",model="$raw",operation="$queryRaw"} …
    prisma_operation_duration_seconds_count{client="default",model="$raw",operation="$queryRaw"} 1

    # HELP prisma_operation_errors_total Failed Prisma operations, by Prisma error code (Pxxxx), or validation, initialization, panic or unknown.
    # TYPE prisma_operation_errors_total counter
    prisma_operation_errors_total{client="default",model="Workspace",operation="create",code="P2002"} 1

    # HELP prisma_operation_wait_seconds_total Time that statements and transactions waited for a connection, by model and operation, in seconds. Waits that cannot be attributed to one operation count under $shared.
    # TYPE prisma_operation_wait_seconds_total counter
    prisma_operation_wait_seconds_total{client="default",model="$shared",operation="$shared"} …
    prisma_operation_wait_seconds_total{client="default",model="Tag",operation="upsert"} …
    prisma_operation_wait_seconds_total{client="default",model="$transaction",operation="begin"} …
    prisma_operation_wait_seconds_total{client="default",model="Tag",operation="create"} …

    # HELP prisma_operations_in_flight Prisma operations in progress.
    # TYPE prisma_operations_in_flight gauge
    prisma_operations_in_flight{client="default"} 0

    # HELP prisma_operation_rows Rows returned by Prisma operations that return a list.
    # TYPE prisma_operation_rows histogram
    prisma_operation_rows_bucket{le="0",client="default",model="Alert",operation="findMany"} 0
    prisma_operation_rows_bucket{le="1",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="2",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="5",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="10",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="25",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="50",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="100",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="250",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="500",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="1000",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="5000",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="10000",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="+Inf",client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_sum{client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_count{client="default",model="Alert",operation="findMany"} 1
    prisma_operation_rows_bucket{le="0",client="default",model="$raw",operation="$queryRaw"} 0
    prisma_operation_rows_bucket{le="1",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="2",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="5",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="10",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="25",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="50",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="100",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="250",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="500",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="1000",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="5000",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="10000",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_bucket{le="+Inf",client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_sum{client="default",model="$raw",operation="$queryRaw"} 1
    prisma_operation_rows_count{client="default",model="$raw",operation="$queryRaw"} 1

    # HELP prisma_operation_statements_total SQL statements sent by Prisma operations, failed ones included. Only with metrics.comments.
    # TYPE prisma_operation_statements_total counter

    # HELP prisma_operation_statement_seconds_total Time of the SQL statements of Prisma operations in the driver adapter, in seconds. Only with metrics.comments.
    # TYPE prisma_operation_statement_seconds_total counter

    # HELP prisma_slow_operations_total Prisma operations that took slowOperation.seconds or longer, without their known wait for a connection.
    # TYPE prisma_slow_operations_total counter

    # HELP prisma_model_inserts_total Rows inserted and committed, by model.
    # TYPE prisma_model_inserts_total counter
    prisma_model_inserts_total{client="default",model="Workspace"} 1
    prisma_model_inserts_total{client="default",model="DataSource"} 0
    prisma_model_inserts_total{client="default",model="Alert"} 1
    prisma_model_inserts_total{client="default",model="Tag"} 1
    prisma_model_inserts_total{client="default",model="DriftEvent"} 0
    prisma_model_inserts_total{client="default",model="QualityReport"} 0
    prisma_model_inserts_total{client="default",model="JobRun"} 0

    # HELP prisma_model_updates_total Rows updated and committed, by model.
    # TYPE prisma_model_updates_total counter
    prisma_model_updates_total{client="default",model="Workspace"} 0
    prisma_model_updates_total{client="default",model="DataSource"} 0
    prisma_model_updates_total{client="default",model="Alert"} 0
    prisma_model_updates_total{client="default",model="Tag"} 0
    prisma_model_updates_total{client="default",model="DriftEvent"} 0
    prisma_model_updates_total{client="default",model="QualityReport"} 0
    prisma_model_updates_total{client="default",model="JobRun"} 0

    # HELP prisma_model_deletes_total Rows deleted and committed, by model. Cascades inside the database are not counted.
    # TYPE prisma_model_deletes_total counter
    prisma_model_deletes_total{client="default",model="Workspace"} 0
    prisma_model_deletes_total{client="default",model="DataSource"} 0
    prisma_model_deletes_total{client="default",model="Alert"} 0
    prisma_model_deletes_total{client="default",model="Tag"} 0
    prisma_model_deletes_total{client="default",model="DriftEvent"} 0
    prisma_model_deletes_total{client="default",model="QualityReport"} 0
    prisma_model_deletes_total{client="default",model="JobRun"} 0

    # HELP prisma_model_upserts_total Rows inserted or updated by native upserts and committed, by model. The database does not report which.
    # TYPE prisma_model_upserts_total counter
    prisma_model_upserts_total{client="default",model="Workspace"} 0
    prisma_model_upserts_total{client="default",model="DataSource"} 0
    prisma_model_upserts_total{client="default",model="Alert"} 0
    prisma_model_upserts_total{client="default",model="Tag"} 0
    prisma_model_upserts_total{client="default",model="DriftEvent"} 0
    prisma_model_upserts_total{client="default",model="QualityReport"} 0
    prisma_model_upserts_total{client="default",model="JobRun"} 0

    # HELP prisma_rolled_back_rows_total Rows written and then undone by the rollback of a transaction or savepoint, by model and action.
    # TYPE prisma_rolled_back_rows_total counter
    prisma_rolled_back_rows_total{client="default",model="Workspace",action="insert"} 0
    prisma_rolled_back_rows_total{client="default",model="Workspace",action="update"} 0
    prisma_rolled_back_rows_total{client="default",model="Workspace",action="delete"} 0
    prisma_rolled_back_rows_total{client="default",model="Workspace",action="upsert"} 0
    prisma_rolled_back_rows_total{client="default",model="DataSource",action="insert"} 0
    prisma_rolled_back_rows_total{client="default",model="DataSource",action="update"} 0
    prisma_rolled_back_rows_total{client="default",model="DataSource",action="delete"} 0
    prisma_rolled_back_rows_total{client="default",model="DataSource",action="upsert"} 0
    prisma_rolled_back_rows_total{client="default",model="Alert",action="insert"} 0
    prisma_rolled_back_rows_total{client="default",model="Alert",action="update"} 0
    prisma_rolled_back_rows_total{client="default",model="Alert",action="delete"} 0
    prisma_rolled_back_rows_total{client="default",model="Alert",action="upsert"} 0
    prisma_rolled_back_rows_total{client="default",model="Tag",action="insert"} 1
    prisma_rolled_back_rows_total{client="default",model="Tag",action="update"} 0
    prisma_rolled_back_rows_total{client="default",model="Tag",action="delete"} 0
    prisma_rolled_back_rows_total{client="default",model="Tag",action="upsert"} 0
    prisma_rolled_back_rows_total{client="default",model="DriftEvent",action="insert"} 0
    prisma_rolled_back_rows_total{client="default",model="DriftEvent",action="update"} 0
    prisma_rolled_back_rows_total{client="default",model="DriftEvent",action="delete"} 0
    prisma_rolled_back_rows_total{client="default",model="DriftEvent",action="upsert"} 0
    prisma_rolled_back_rows_total{client="default",model="QualityReport",action="insert"} 0
    prisma_rolled_back_rows_total{client="default",model="QualityReport",action="update"} 0
    prisma_rolled_back_rows_total{client="default",model="QualityReport",action="delete"} 0
    prisma_rolled_back_rows_total{client="default",model="QualityReport",action="upsert"} 0
    prisma_rolled_back_rows_total{client="default",model="JobRun",action="insert"} 0
    prisma_rolled_back_rows_total{client="default",model="JobRun",action="update"} 0
    prisma_rolled_back_rows_total{client="default",model="JobRun",action="delete"} 0
    prisma_rolled_back_rows_total{client="default",model="JobRun",action="upsert"} 0

    # HELP prisma_unknown_rows_total Rows written in transactions whose COMMIT was not answered, by model and action.
    # TYPE prisma_unknown_rows_total counter

    # HELP prisma_statement_duration_seconds Duration of SQL statements in the driver adapter, failed ones included, in seconds. Without the wait for a connection if the driver shows it (pg, Neon).
    # TYPE prisma_statement_duration_seconds histogram
    prisma_statement_duration_seconds_sum{client="default",model="Workspace",statement="insert"} …
    prisma_statement_duration_seconds_count{client="default",model="Workspace",statement="insert"} 2
    prisma_statement_duration_seconds_sum{client="default",model="Alert",statement="insert"} …
    prisma_statement_duration_seconds_count{client="default",model="Alert",statement="insert"} 1
    prisma_statement_duration_seconds_sum{client="default",model="Workspace",statement="select"} …
    prisma_statement_duration_seconds_count{client="default",model="Workspace",statement="select"} 1
    prisma_statement_duration_seconds_sum{client="default",model="Tag",statement="select"} …
    prisma_statement_duration_seconds_count{client="default",model="Tag",statement="select"} 2
    prisma_statement_duration_seconds_sum{client="default",model="Tag",statement="insert"} …
    prisma_statement_duration_seconds_count{client="default",model="Tag",statement="insert"} 2
    prisma_statement_duration_seconds_sum{client="default",model="Alert",statement="select"} …
    prisma_statement_duration_seconds_count{client="default",model="Alert",statement="select"} 1
    prisma_statement_duration_seconds_sum{client="default",model="$raw",statement="other"} …
    prisma_statement_duration_seconds_count{client="default",model="$raw",statement="other"} 1

    # HELP prisma_statement_errors_total Failed SQL statements, BEGIN and COMMIT included, by error kind of the driver adapter.
    # TYPE prisma_statement_errors_total counter
    prisma_statement_errors_total{client="default",kind="UniqueConstraintViolation"} 1

    # HELP prisma_transaction_duration_seconds Time from a successful BEGIN to the end of the transaction, by outcome (unknown: the answer to COMMIT was lost), in seconds.
    # TYPE prisma_transaction_duration_seconds histogram
    prisma_transaction_duration_seconds_sum{client="default",outcome="commit"} …
    prisma_transaction_duration_seconds_count{client="default",outcome="commit"} 2
    prisma_transaction_duration_seconds_sum{client="default",outcome="rollback"} …
    prisma_transaction_duration_seconds_count{client="default",outcome="rollback"} 1

    # HELP prisma_transaction_wait_seconds Time to acquire a connection and BEGIN a transaction, failed attempts included, in seconds.
    # TYPE prisma_transaction_wait_seconds histogram
    prisma_transaction_wait_seconds_sum{client="default"} …
    prisma_transaction_wait_seconds_count{client="default"} 3

    # HELP prisma_transactions_in_flight Transactions in progress.
    # TYPE prisma_transactions_in_flight gauge
    prisma_transactions_in_flight{client="default"} 0

    # HELP prisma_transaction_idle_seconds Time within a transaction in which no statement ran, in seconds.
    # TYPE prisma_transaction_idle_seconds histogram
    prisma_transaction_idle_seconds_sum{client="default"} …
    prisma_transaction_idle_seconds_count{client="default"} 3

    # HELP prisma_transaction_oldest_seconds Age of the oldest open transaction, 0 if none is open, in seconds.
    # TYPE prisma_transaction_oldest_seconds gauge
    prisma_transaction_oldest_seconds{client="default"} 0

    # HELP prisma_transaction_errors_total Failures of transactions themselves: at BEGIN, at COMMIT, or by a timeout of the callback, by error code and phase.
    # TYPE prisma_transaction_errors_total counter
    prisma_transaction_errors_total{client="default",code="P2028",phase="begin"} 0
    prisma_transaction_errors_total{client="default",code="P1001",phase="begin"} 0
    prisma_transaction_errors_total{client="default",code="P2037",phase="begin"} 0
    prisma_transaction_errors_total{client="default",code="P2028",phase="callback"} 0
    prisma_transaction_errors_total{client="default",code="P2028",phase="commit"} 0
    prisma_transaction_errors_total{client="default",code="P2034",phase="commit"} 0

    # HELP prisma_long_transactions_total Transactions that were open for longTransaction.seconds, counted while they are open, by scope.
    # TYPE prisma_long_transactions_total counter

    # HELP prisma_savepoints_total Savepoints ended, by outcome. Nested Prisma transactions are savepoints.
    # TYPE prisma_savepoints_total counter
    prisma_savepoints_total{client="default",outcome="released"} 0
    prisma_savepoints_total{client="default",outcome="rolled_back"} 0

    # HELP prisma_pool_connections Open connections of the driver pool, by state.
    # TYPE prisma_pool_connections gauge
    prisma_pool_connections{client="default",state="idle"} 1
    prisma_pool_connections{client="default",state="busy"} 0

    # HELP prisma_pool_connections_max Maximum number of open connections of the driver pool.
    # TYPE prisma_pool_connections_max gauge
    prisma_pool_connections_max{client="default"} 10

    # HELP prisma_pool_pending_acquires Callers waiting for a connection from the driver pool.
    # TYPE prisma_pool_pending_acquires gauge
    prisma_pool_pending_acquires{client="default"} 0

    # HELP prisma_pool_acquire_duration_seconds Time to acquire a connection from the driver pool, by outcome, in seconds.
    # TYPE prisma_pool_acquire_duration_seconds histogram
    prisma_pool_acquire_duration_seconds_sum{client="default",outcome="ok"} …
    prisma_pool_acquire_duration_seconds_count{client="default",outcome="ok"} 6
    prisma_pool_acquire_duration_seconds_sum{client="default",outcome="error"} …
    prisma_pool_acquire_duration_seconds_count{client="default",outcome="error"} 0

    # HELP prisma_pool_acquire_timeouts_total Callers that the driver pool has refused because no connection was free in time.
    # TYPE prisma_pool_acquire_timeouts_total counter
    prisma_pool_acquire_timeouts_total{client="default"} 0

    # HELP prisma_pool_connection_use_seconds Time from the acquisition of a connection to its release into the driver pool, in seconds.
    # TYPE prisma_pool_connection_use_seconds histogram
    prisma_pool_connection_use_seconds_sum{client="default"} …
    prisma_pool_connection_use_seconds_count{client="default"} 6

    # HELP prisma_pool_connection_create_seconds Time to open a connection of the driver pool, by outcome, in seconds.
    # TYPE prisma_pool_connection_create_seconds histogram
    prisma_pool_connection_create_seconds_sum{client="default",outcome="ok"} …
    prisma_pool_connection_create_seconds_count{client="default",outcome="ok"} 2

    # HELP prisma_pool_connections_opened_total Connections opened by the driver pool.
    # TYPE prisma_pool_connections_opened_total counter
    prisma_pool_connections_opened_total{client="default"} 2

    # HELP prisma_pool_connections_closed_total Connections closed by the driver pool.
    # TYPE prisma_pool_connections_closed_total counter
    prisma_pool_connections_closed_total{client="default"} 1

    # HELP prisma_pool_errors_total Errors that the driver pool reported on idle connections.
    # TYPE prisma_pool_errors_total counter
    prisma_pool_errors_total{client="default"} 0

    # HELP prisma_migrations Migrations by state, as the database and the migrations directory record them.
    # TYPE prisma_migrations gauge
    prisma_migrations{client="default",state="applied"} 3
    prisma_migrations{client="default",state="failed"} 0
    prisma_migrations{client="default",state="rolled_back"} 0

    # HELP prisma_migration_info Constant 1 per failed or pending migration, at most 20: failed ones first.
    # TYPE prisma_migration_info gauge

    # HELP prisma_contract_in_sync Prisma 8: 1 if the database is signed with the contract that the client uses, 0 if with another one.
    # TYPE prisma_contract_in_sync gauge

    # HELP prisma_cache_requests_total Read operations of a client with a cache, by outcome: miss if they reached the database.
    # TYPE prisma_cache_requests_total counter

    # HELP prisma_client_info Constant 1. The labels hold the versions and the source of the row counters.
    # TYPE prisma_client_info gauge
    prisma_client_info{client="default",client_version="7.10.1",provider="postgresql",adapter="@prisma/adapter-pg",row_source="statements"} 1

    # HELP prisma_scope_duration_seconds Duration of scopes (jobs, messages, requests), by scope and outcome, in seconds.
    # TYPE prisma_scope_duration_seconds histogram

    # HELP prisma_scope_operations Prisma operations per run of a scope.
    # TYPE prisma_scope_operations histogram

    # HELP prisma_scope_database_seconds Time in Prisma operations per run of a scope, parallel operations added up, in seconds.
    # TYPE prisma_scope_database_seconds histogram

    # HELP prisma_scope_last_success_timestamp_seconds Unix time at which the scope last ended without an error, in seconds.
    # TYPE prisma_scope_last_success_timestamp_seconds gauge

    # HELP prisma_scopes_in_flight Scopes in progress, by scope. A request whose route is not matched yet counts under its method.
    # TYPE prisma_scopes_in_flight gauge

    # HELP prisma_scope_oldest_seconds Age of the oldest scope in progress, by scope, in seconds; 0 if none is in progress.
    # TYPE prisma_scope_oldest_seconds gauge

    # HELP prisma_scope_rows_total Rows written in scopes, by scope, action and outcome of the transaction. Rows that cannot be attributed to one scope count under $shared.
    # TYPE prisma_scope_rows_total counter

    # HELP prisma_scope_wait_seconds_total Time that statements and transactions waited for a connection, by scope, in seconds. Waits that cannot be attributed to one scope count under $shared.
    # TYPE prisma_scope_wait_seconds_total counter
    prisma_scope_wait_seconds_total{client="default",scope="$none"} …
    prisma_scope_wait_seconds_total{client="default",scope="$shared"} …

    # HELP prisma_scope_transaction_seconds_total Time that transactions held their connections, open ones included, by scope, in seconds.
    # TYPE prisma_scope_transaction_seconds_total counter
    prisma_scope_transaction_seconds_total{client="default",scope="$none"} …

    # HELP prisma_scope_transaction_idle_seconds_total Time that transactions held their connections while no statement ran, open ones included, by scope, in seconds.
    # TYPE prisma_scope_transaction_idle_seconds_total counter
    prisma_scope_transaction_idle_seconds_total{client="default",scope="$none"} …

    # HELP prisma_scope_event_loop_blocked_seconds_total Time that code of scopes blocked the event loop for 20 ms or longer without interruption, by scope, in seconds. Blocks that cannot be attributed to one scope count under $shared.
    # TYPE prisma_scope_event_loop_blocked_seconds_total counter

    # HELP prisma_n_plus_one_suspects_total Operation fingerprints repeated nPlusOne.threshold times or more in one run of a scope.
    # TYPE prisma_n_plus_one_suspects_total counter

    # HELP prisma_n_plus_one_seconds_total Duration of the operations of N+1 suspects, in seconds.
    # TYPE prisma_n_plus_one_seconds_total counter

    # HELP prisma_event_handler_errors_total Event handlers, and callbacks of afterCommit, onSuspect, onSlow and onFailed, that threw or rejected.
    # TYPE prisma_event_handler_errors_total counter

    # HELP prisma_reading_last_success_timestamp_seconds Unix time of the reading that a gauge shows, by gauge, in seconds.
    # TYPE prisma_reading_last_success_timestamp_seconds gauge

    # HELP prisma_reading_errors_total Failed or late readings of a gauge, by gauge. The last good value is served.
    # TYPE prisma_reading_errors_total counter
    prisma_reading_errors_total{client="default",gauge="prisma_migrations"} 0

    # HELP prisma_instrumentation_errors_total Failures inside this instrumentation. They are reported to onError and do not reach a query.
    # TYPE prisma_instrumentation_errors_total counter
    prisma_instrumentation_errors_total{client="default"} 0
    "
  `)
})

/** Without what differs from run to run: the sums of durations, and the buckets they fall into. */
function timeless(scrape: string): string {
  return scrape
    .split('\n')
    .filter((line) => !/_seconds_bucket\{/.test(line))
    .map((line) => line.replace(/^(\w+_seconds_(?:sum|total)(?:\{\S*)?) .+/, '$1 …'))
    .join('\n')
}
