/** For each alert, series that must raise it and similar ones that must not. */
export interface AlertCase {
  readonly alert: string
  /** Distinguishes alerts with the same name. */
  readonly labels?: Readonly<Record<string, string>>
  /** Time between two samples, and between two evaluations. */
  readonly interval: string
  /** The time at which the alert is checked. */
  readonly at: string
  readonly firing: Course
  readonly silent: Course
}

/** Series → its values, in promtool's notation (`start+step x times`). */
export type Course = Readonly<Record<string, string>>

const client = 'job="shop",client="default"'
const operation = `${client},model="Alert",operation="findMany"`
const instance = 'job="shop",instance="a:3000"'

/** A counter that grows by `step` at every sample. */
const grows = (step: number): string => `0+${step}x800`
const stays = (value: number): string => `${value}+0x800`

function budgetCase(
  alert: string,
  window: string,
  [interval, at]: readonly [string, string],
  courses: Pick<AlertCase, 'firing' | 'silent'>,
): AlertCase {
  return { alert, labels: { long_window: window }, interval, at, ...courses }
}

const operations = `prisma_operation_duration_seconds_count{${operation}}`
const inTime = `prisma_operation_duration_seconds_bucket{${operation},le="0.25"}`
const errors = (code: string): string =>
  `prisma_operation_errors_total{${operation},code="${code}"}`

const budgets: readonly AlertCase[] = [
  { window: '1h', steps: ['1m', '90m'], failing: 20, late: 200 },
  { window: '6h', steps: ['10m', '8h'], failing: 8, late: 80 },
  { window: '1d', steps: ['30m', '30h'], failing: 4, late: 40 },
  { window: '3d', steps: ['30m', '90h'], failing: 1.5, late: 15 },
].flatMap(({ window, steps, failing, late }) => [
  budgetCase('PrismaErrorBudgetBurn', window, steps as [string, string], {
    firing: { [operations]: grows(1000), [errors('P2010')]: grows(failing) },
    // Mistakes of the caller are not failures, and half of the allowed share burns no budget.
    silent: {
      [operations]: grows(1000),
      [errors('P2025')]: grows(failing),
      [errors('P2010')]: grows(0.5),
    },
  }),
  budgetCase('PrismaLatencyBudgetBurn', window, steps as [string, string], {
    firing: { [operations]: grows(1000), [inTime]: grows(1000 - late) },
    silent: { [operations]: grows(1000), [inTime]: grows(995) },
  }),
])

/** Transactions that fail at BEGIN, so that no operation is ever started. */
const transactionsOnly: AlertCase = budgetCase('PrismaErrorBudgetBurn', '1h', ['1m', '90m'], {
  firing: { [`prisma_transaction_errors_total{${client},phase="begin",code="P2028"}`]: grows(10) },
  silent: { [`prisma_transaction_errors_total{${client},phase="commit",code="P2002"}`]: grows(10) },
})

const quantile = (metric: string, labels: string, bound: number, beyond: number): Course => ({
  [`${metric}_bucket{${labels},le="${bound}"}`]: grows(100 - beyond),
  [`${metric}_bucket{${labels},le="10"}`]: grows(100),
  [`${metric}_bucket{${labels},le="+Inf"}`]: grows(100),
})

const transactionSeconds = 'prisma_transaction_duration_seconds'

const minutes = { interval: '1m', at: '40m' } as const

export const alertCases: readonly AlertCase[] = [
  ...budgets,
  transactionsOnly,
  {
    alert: 'PrismaPoolExhausted',
    ...minutes,
    firing: {
      [`prisma_pool_acquire_duration_seconds_sum{${instance},client="default"}`]: grows(45),
    },
    silent: {
      [`prisma_pool_acquire_duration_seconds_sum{${instance},client="default"}`]: grows(20),
    },
  },
  {
    // Callers that wait without end never finish an acquire.
    alert: 'PrismaPoolExhausted',
    ...minutes,
    firing: { [`prisma_pool_pending_acquires{${instance},client="default"}`]: stays(3) },
    silent: {
      [`prisma_pool_pending_acquires{${instance},client="default"}`]: '0+0x20 1+0x1 0+0x60',
    },
  },
  {
    alert: 'PrismaPoolWaiting',
    ...minutes,
    firing: quantile('prisma_pool_acquire_duration_seconds', `${client},outcome="ok"`, 0.1, 10),
    silent: quantile('prisma_pool_acquire_duration_seconds', `${client},outcome="ok"`, 0.1, 4),
  },
  {
    alert: 'PrismaConnectionFailures',
    ...minutes,
    firing: { [`prisma_statement_errors_total{${client},kind="DatabaseNotReachable"}`]: grows(1) },
    silent: {
      [`prisma_statement_errors_total{${client},kind="UniqueConstraintViolation"}`]: grows(9),
    },
  },
  {
    alert: 'PrismaConnectionFailures',
    ...minutes,
    firing: {
      [`prisma_pool_acquire_duration_seconds_count{${client},outcome="error"}`]: grows(1),
    },
    silent: { [`prisma_pool_acquire_duration_seconds_count{${client},outcome="ok"}`]: grows(9) },
  },
  {
    // A full pool is not a database that cannot be reached.
    alert: 'PrismaConnectionFailures',
    ...minutes,
    firing: {
      [`prisma_pool_acquire_duration_seconds_count{${client},outcome="error"}`]: grows(3),
      [`prisma_pool_acquire_timeouts_total{${client}}`]: grows(1),
    },
    silent: {
      [`prisma_pool_acquire_duration_seconds_count{${client},outcome="error"}`]: grows(3),
      [`prisma_pool_acquire_timeouts_total{${client}}`]: grows(3),
    },
  },
  {
    alert: 'PrismaConnectionFailures',
    ...minutes,
    firing: { [`prisma_transaction_errors_total{${client},phase="begin",code="P1001"}`]: grows(1) },
    silent: { [`prisma_transaction_errors_total{${client},phase="begin",code="P2028"}`]: grows(9) },
  },
  {
    alert: 'PrismaConnectionChurn',
    ...minutes,
    firing: {
      [`prisma_pool_connections_opened_total{${client}}`]: grows(120),
      [`prisma_statement_duration_seconds_count{${client},model="Alert",statement="select"}`]:
        grows(1200),
    },
    silent: {
      [`prisma_pool_connections_opened_total{${client}}`]: grows(120),
      [`prisma_statement_duration_seconds_count{${client},model="Alert",statement="select"}`]:
        grows(12_000),
    },
  },
  {
    alert: 'PrismaTransactionWaiting',
    ...minutes,
    firing: quantile('prisma_transaction_wait_seconds', client, 0.5, 10),
    silent: quantile('prisma_transaction_wait_seconds', client, 0.5, 4),
  },
  {
    alert: 'PrismaIdleInTransaction',
    ...minutes,
    firing: { [`prisma_scope_transaction_idle_seconds_total{${client},scope="GET /"}`]: grows(45) },
    silent: { [`prisma_scope_transaction_idle_seconds_total{${client},scope="GET /"}`]: grows(20) },
  },
  growth('PrismaLongTransactions', `prisma_long_transactions_total{${client},scope="GET /"}`, '5m'),
  {
    alert: 'PrismaTransactionsTimedOut',
    ...minutes,
    firing: rollbacks(9, 10),
    silent: {
      ...rollbacks(10, 10),
      ...quantile(transactionSeconds, `${client},outcome="commit"`, 2.5, 3),
    },
  },
  {
    alert: 'PrismaWriteConflicts',
    ...minutes,
    firing: {
      [`prisma_statement_errors_total{${client},kind="TransactionWriteConflict"}`]: grows(1),
    },
    silent: {
      [`prisma_statement_errors_total{${client},kind="TransactionWriteConflict"}`]: grows(0.3),
    },
  },
  {
    alert: 'PrismaRollbackRatio',
    ...minutes,
    firing: {
      [`prisma_transaction_duration_seconds_count{${client},outcome="commit"}`]: grows(80),
      [`prisma_transaction_duration_seconds_count{${client},outcome="rollback"}`]: grows(20),
    },
    silent: {
      [`prisma_transaction_duration_seconds_count{${client},outcome="commit"}`]: grows(95),
      [`prisma_transaction_duration_seconds_count{${client},outcome="rollback"}`]: grows(5),
    },
  },
  {
    alert: 'PrismaRowsRolledBack',
    ...minutes,
    firing: {
      [`prisma_rolled_back_rows_total{${client},model="Alert",action="insert"}`]: grows(90_000),
    },
    silent: {
      [`prisma_rolled_back_rows_total{${client},model="Alert",action="insert"}`]: grows(30_000),
    },
  },
  {
    alert: 'PrismaSlowerThanBefore',
    interval: '1m',
    at: '100m',
    // 2 ms, and 20 ms from the 70th minute on.
    firing: {
      [operations]: grows(100),
      [`prisma_operation_duration_seconds_sum{${operation}}`]: '0+0.2x70 14+2x80',
    },
    // As long, but waiting for a connection.
    silent: {
      [operations]: grows(100),
      [`prisma_operation_duration_seconds_sum{${operation}}`]: '0+0.2x70 14+2x80',
      [`prisma_operation_wait_seconds_total{${operation}}`]: '0+0x70 0+1.8x80',
    },
  },
  {
    alert: 'PrismaOperationFailing',
    ...minutes,
    // An expected code as well.
    firing: { [operations]: grows(200), [errors('P2002')]: grows(150) },
    silent: {
      [operations]: grows(1000),
      [errors('P2002')]: grows(150),
      [errors('P2028')]: grows(800),
    },
  },
  {
    alert: 'PrismaSlowOperations',
    ...minutes,
    firing: { [`prisma_slow_operations_total{${operation}}`]: grows(1) },
    silent: { [`prisma_slow_operations_total{${operation}}`]: grows(0.5) },
  },
  {
    alert: 'PrismaNPlusOne',
    interval: '1m',
    at: '90m',
    firing: { [`prisma_n_plus_one_suspects_total{${operation},scope="GET /alerts"}`]: grows(0.5) },
    silent: { [`prisma_n_plus_one_suspects_total{${operation},scope="GET /alerts"}`]: grows(0.1) },
  },
  {
    alert: 'PrismaManyOperations',
    interval: '1m',
    at: '60m',
    firing: {
      [`prisma_scope_operations_bucket{${client},scope="GET /alerts",le="50"}`]: grows(80),
      [`prisma_scope_operations_bucket{${client},scope="GET /alerts",le="100"}`]: grows(100),
      [`prisma_scope_operations_bucket{${client},scope="GET /alerts",le="+Inf"}`]: grows(100),
    },
    silent: {
      [`prisma_scope_operations_bucket{${client},scope="GET /alerts",le="50"}`]: grows(97),
      [`prisma_scope_operations_bucket{${client},scope="GET /alerts",le="100"}`]: grows(100),
      [`prisma_scope_operations_bucket{${client},scope="GET /alerts",le="+Inf"}`]: grows(100),
    },
  },
  ...['5000', '5000.0'].map((bound) => ({
    alert: 'PrismaLargeResults',
    interval: '1m',
    at: '40m',
    firing: {
      [`prisma_operation_rows_bucket{${operation},le="${bound}"}`]: grows(99),
      [`prisma_operation_rows_count{${operation}}`]: grows(100),
    },
    silent: {
      [`prisma_operation_rows_bucket{${operation},le="${bound}"}`]: grows(100),
      [`prisma_operation_rows_count{${operation}}`]: grows(100),
    },
  })),
  {
    alert: 'PrismaWriteSurge',
    interval: '2m',
    at: '25h',
    firing: writes('0+120x720 86400+144000x60'),
    // The rate is as high, but usual.
    silent: writes('0+144000x780'),
  },
  {
    alert: 'PrismaMigrationFailed',
    ...minutes,
    firing: { [`prisma_migrations{${client},state="failed"}`]: stays(1) },
    silent: { [`prisma_migrations{${client},state="rolled_back"}`]: stays(1) },
  },
  {
    alert: 'PrismaMigrationPending',
    ...minutes,
    firing: { [`prisma_migrations{${client},state="pending"}`]: stays(2) },
    silent: { [`prisma_migrations{${client},state="pending"}`]: '2+0x15 0+0x60' },
  },
  {
    alert: 'PrismaContractOutOfSync',
    ...minutes,
    firing: { [`prisma_contract_in_sync{${client}}`]: stays(0) },
    silent: { [`prisma_contract_in_sync{${client}}`]: stays(1) },
  },
  {
    alert: 'PrismaJobStalled',
    interval: '10m',
    at: '27h',
    firing: { [lastSuccess('nightly-report')]: stays(1) },
    // Requests depend on users, and a job that runs has a new timestamp.
    silent: {
      [lastSuccess('GET /alerts')]: stays(1),
      [lastSuccess('nightly-report')]: '1+600x600',
      [lastSuccess('never-yet')]: stays(0),
    },
  },
  {
    // The process that ran the job is replaced, and the new one never runs it.
    alert: 'PrismaJobStalled',
    interval: '10m',
    at: '29h',
    firing: {
      [lastSuccess('nightly-report', 'a')]: '7200+0x24 stale',
      [lastSuccess('other', 'b')]: '_x24 14400+600x600',
    },
    silent: {
      [lastSuccess('nightly-report', 'a')]: '7200+0x24 stale',
      [lastSuccess('nightly-report', 'b')]: '_x30 18000+0x600',
    },
  },
  {
    alert: 'PrismaJobFailing',
    interval: '1m',
    at: '90m',
    firing: runs('nightly-report', 3, 1),
    silent: { ...runs('nightly-report', 1, 3), ...runs('POST /alerts', 3, 1) },
  },
  {
    alert: 'PrismaJobWithoutOperations',
    interval: '1m',
    at: '90m',
    firing: emptyRuns('nightly-report', '0+0x60 0+1x60'),
    // A job that never had an operation, requests, and a job that fails before its first operation.
    silent: {
      ...emptyRuns('heartbeat', grows(1)),
      ...emptyRuns('GET /', '0+0x60 0+1x60'),
      ...emptyRuns('failing', '0+0x60 0+1x60', 'error'),
    },
  },
  {
    alert: 'PrismaEventLoopBlocked',
    ...minutes,
    firing: {
      [`prisma_event_loop_delay_seconds{${instance},percentile="99"}`]: '0.3 stale _x2 '.repeat(40),
    },
    silent: {
      [`prisma_event_loop_delay_seconds{${instance},percentile="99"}`]: stays(0.02),
      [`prisma_event_loop_delay_seconds{${instance},percentile="100"}`]: stays(0.3),
    },
  },
  {
    alert: 'PrismaRouteFailing',
    ...minutes,
    firing: {
      [requests('200')]: grows(80),
      [requests('500')]: grows(10),
      [requests('')]: grows(10),
    },
    silent: { [requests('200')]: grows(80), [requests('404')]: grows(20) },
  },
  {
    alert: 'PrismaWritesStalled',
    interval: '5m',
    at: '25h',
    firing: { [`prisma_model_inserts_total{${client},model="Alert"}`]: '0+10x285 2850+0x60' },
    silent: { [`prisma_model_inserts_total{${client},model="Alert"}`]: grows(10) },
  },
  growth('PrismaEventHandlerErrors', `prisma_event_handler_errors_total{${operation}}`, '10m'),
  growth(
    'PrismaSeriesDropped',
    `prisma_series_dropped_total{${client},metric="prisma_operation_rows"}`,
    '30m',
  ),
  growth('PrismaInstrumentationErrors', `prisma_instrumentation_errors_total{${client}}`, '10m'),
  {
    alert: 'PrismaCollectErrors',
    ...minutes,
    firing: {
      [`prisma_exposition_collect_errors_total{${instance},metric="alerts_open"}`]: grows(1),
    },
    silent: {
      [`prisma_exposition_collect_errors_total{${instance},metric="alerts_open"}`]: '0+0x20 1+0x60',
    },
  },
  {
    alert: 'PrismaGaugeFailing',
    ...minutes,
    firing: { [`prisma_reading_errors_total{${client},gauge="alerts_open"}`]: grows(1) },
    silent: { [`prisma_reading_errors_total{${client},gauge="alerts_open"}`]: '0+0x20 1+0x60' },
  },
  {
    alert: 'PrismaTargetDown',
    ...minutes,
    firing: {
      [`up{${instance}}`]: '1+0x20 0+0x60',
      [`prisma_client_info{${instance},client="default"}`]: '1+0x20 stale',
    },
    // A target without this package.
    silent: { [`up{${instance}}`]: '1+0x20 0+0x60' },
  },
]

function requests(status: string): string {
  return `http_server_request_duration_seconds_count{${instance},http_request_method="GET",http_route="/",http_response_status_code="${status}"}`
}

function emptyRuns(scope: string, empty: string, outcome = 'ok'): Course {
  return {
    [`prisma_scope_duration_seconds_count{${client},scope="${scope}",outcome="${outcome}"}`]:
      grows(1),
    [`prisma_scope_operations_bucket{${client},scope="${scope}",le="0"}`]: empty,
    [`prisma_scope_operations_count{${client},scope="${scope}"}`]: grows(1),
  }
}

/** Rollbacks within 2.5 s, of all. */
function rollbacks(early: number, all: number): Course {
  const labels = `${client},outcome="rollback"`
  return {
    [`${transactionSeconds}_bucket{${labels},le="2.5"}`]: grows(early),
    [`${transactionSeconds}_count{${labels}}`]: grows(all),
  }
}

function writes(inserts: string): Course {
  return {
    [`prisma_model_inserts_total{${client},model="Alert"}`]: inserts,
    [`prisma_model_updates_total{${client},model="Alert"}`]: stays(0),
    [`prisma_model_deletes_total{${client},model="Alert"}`]: stays(0),
    [`prisma_model_upserts_total{${client},model="Alert"}`]: stays(0),
  }
}

function lastSuccess(scope: string, host = 'a'): string {
  return `prisma_scope_last_success_timestamp_seconds{${client},instance="${host}",scope="${scope}"}`
}

function runs(scope: string, failed: number, succeeded: number): Course {
  const count = (outcome: string): string =>
    `prisma_scope_duration_seconds_count{${client},scope="${scope}",outcome="${outcome}"}`
  return { [count('error')]: grows(failed), [count('ok')]: grows(succeeded) }
}

/** Any growth fires, including the first sample of a series. */
function growth(alert: string, series: string, at: string): AlertCase {
  return {
    alert,
    interval: '1m',
    at,
    firing: { [series]: '_x3 1+0x60' },
    silent: { [series]: stays(0) },
  }
}
