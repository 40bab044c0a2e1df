/** A number in an alert that a service can change. */
export interface Threshold {
  readonly value: number
  readonly unit: string
  /** The quantity that it bounds, and the reason for its value. */
  readonly why: string
}

export const thresholds = {
  errorObjective: {
    value: 0.999,
    unit: 'ratio',
    why: 'Share of operations that must not fail. Three nines allow 43 minutes of failure in 30 days, which is enough for a database failover.',
  },
  latencyObjective: {
    value: 0.99,
    unit: 'ratio',
    why: 'Share of operations that must finish within latencySeconds. One in a hundred may be slower, for example a report or a read with cold caches.',
  },
  latencySeconds: {
    value: 0.25,
    unit: 'seconds',
    why: 'The longest duration that meets the objective. A request with four sequential operations then answers within a second. The value must be a bucket bound.',
  },
  sloMinimumOperations: {
    value: 100,
    unit: 'operations',
    why: 'Minimum number of operations in the long window. With ten operations, a single failure would look like an outage.',
  },
  poolWaitSeconds: {
    value: 0.1,
    unit: 'seconds',
    why: '95th percentile of the wait for a connection. A pool with free connections answers in microseconds; 0.1 s is longer than most queries take.',
  },
  waitingCallers: {
    value: 0.5,
    unit: 'callers',
    why: 'Callers that wait for a connection, on average over 5 minutes. A pool with room has none; at one half, somebody waits every other moment.',
  },
  churnRatio: {
    value: 0.05,
    unit: 'ratio',
    why: 'Connections opened per statement. A pool reuses a connection for thousands of statements; one in twenty is a connection that does not last.',
  },
  churnPerSecond: {
    value: 1,
    unit: 'connections/s',
    why: 'Opened connections below which the ratio does not matter: a service that has just started, or hardly any traffic.',
  },
  connectionFailures: {
    value: 3,
    unit: 'failures in 5 minutes',
    why: 'Failed connections. A pool replaces one lost connection by itself; more than three in five minutes have a lasting cause.',
  },
  transactionWaitSeconds: {
    value: 0.5,
    unit: 'seconds',
    why: '95th percentile of the wait for BEGIN. Prisma gives up after maxWait, 2 seconds by default; the threshold is a quarter of it.',
  },
  transactionSeconds: {
    value: 2.5,
    unit: 'seconds',
    why: 'Duration of a rolled back transaction that counts as timed out. It must be one of the bucket bounds. Prisma rolls interactive transactions back after timeout, 5 seconds by default; the threshold is half of it.',
  },
  idleTransactions: {
    value: 0.5,
    unit: 'connections',
    why: 'Connections that the transactions of one scope hold while no statement runs, on average over 5 minutes. Half a connection is a tenth of a pool of five.',
  },
  rolledBackRowsPerSecond: {
    value: 1000,
    unit: 'rows/s',
    why: 'Rows of one model that are written and rolled back. A failed request undoes a few; a thousand per second are a bulk write that is repeated.',
  },
  writeConflicts: {
    value: 5,
    unit: 'conflicts in 10 minutes',
    why: 'Deadlocks and serialization failures. Single conflicts are normal under concurrency and are retried; more than one every two minutes suggests a wrong locking order.',
  },
  rollbackRatio: {
    value: 0.1,
    unit: 'ratio',
    why: 'Share of transactions that are rolled back. One in ten means that a code path fails regularly.',
  },
  transactionsPerSecond: {
    value: 0.05,
    unit: 'transactions/s',
    why: 'Minimum traffic for the rollback ratio: three transactions per minute. With fewer, the ratio is not significant.',
  },
  slowOperations: {
    value: 10,
    unit: 'operations in 15 minutes',
    why: 'Slow operations of one model and operation. A checkpoint or a cold cache explains one; ten suggest a missing index or a changed query plan.',
  },
  slowdownFactor: {
    value: 5,
    unit: 'times the mean of an hour ago',
    why: 'Mean duration of an operation against an hour ago. Load and caches change it by a factor of two or three; five is another plan.',
  },
  slowdownSeconds: {
    value: 0.01,
    unit: 'seconds',
    why: 'Mean duration below which a slowdown does not matter.',
  },
  slowdownOperations: {
    value: 10,
    unit: 'operations in 5 minutes',
    why: 'Operations without which a mean is chance.',
  },
  failingRatio: {
    value: 0.5,
    unit: 'ratio',
    why: 'Share of the calls of one operation that fail with one code. Expected codes occur as well, but not in every other call.',
  },
  failingPerSecond: {
    value: 1,
    unit: 'failures/s',
    why: 'Failures below which the share does not matter: few calls of a rare path.',
  },
  nPlusOneSuspects: {
    value: 10,
    unit: 'suspects in 1 hour',
    why: 'Scopes that repeated operations with one fingerprint. Ten in an hour mean that the code path is in regular use.',
  },
  scopeOperations: {
    value: 50,
    unit: 'operations',
    why: '95th percentile of operations in one scope. At one millisecond each, fifty operations take a noticeable part of a request.',
  },
  largeResultRows: {
    value: 5000,
    unit: 'rows',
    why: 'A result with more rows counts as large: Prisma keeps all of them in memory. The value must be a bound of the rows buckets: 1000, 5000 or 10000.',
  },
  largeResults: {
    value: 5,
    unit: 'results in 15 minutes',
    why: 'Large results. An export may occasionally need one; a page of a list does not.',
  },
  writeSurgeRows: {
    value: 1000,
    unit: 'rows/s',
    why: 'Minimum rate of written rows of one model. Smaller surges do no harm.',
  },
  writeSurgeFactor: {
    value: 10,
    unit: 'times the average of a day',
    why: 'Growth over the usual rate. Daily patterns stay within a factor of three to five; a factor of ten suggests a loop or a backfill.',
  },
  pendingMigrations: {
    value: 0,
    unit: 'migrations',
    why: 'Migrations of the code that are not applied to the database. A deployment applies all of them.',
  },
  jobStalledSeconds: {
    value: 93_600,
    unit: 'seconds',
    why: 'Time since the last success of a job: a day and two hours, so a daily job may be two hours late. Lower it for jobs that run more often.',
  },
  jobFailureRatio: {
    value: 0.5,
    unit: 'ratio',
    why: 'Share of a job’s runs in an hour that fail. Single failures that a retry repairs stay below half; a job that cannot succeed does not.',
  },
  idleRunsRatio: {
    value: 0.5,
    unit: 'ratio',
    why: 'Share of a job’s runs that call no operation. Jobs that often find nothing to do have had such runs the day before, too.',
  },
  eventLoopDelaySeconds: {
    value: 0.1,
    unit: 'seconds',
    why: '99th percentile of the delay of the event loop. A healthy process stays below 20 ms; from 100 ms on every answer of the database is read late.',
  },
  failedRequestsRatio: {
    value: 0.05,
    unit: 'ratio',
    why: 'Share of the requests to one route that fail on the server or end without a response.',
  },
  failedRequestsPerSecond: {
    value: 0.05,
    unit: 'requests/s',
    why: 'Traffic of a route below which the share says nothing: three requests per minute.',
  },
  steadyInserts: {
    value: 20,
    unit: 'rows in 30 minutes',
    why: 'Minimum inserts of a model in the same half hour of yesterday. Models with fewer inserts have half hours without any by chance.',
  },
  collectErrors: {
    value: 2,
    unit: 'errors in 15 minutes',
    why: 'Scrapes that lack a metric. One late query is normal; three suggest a collector that fails.',
  },
} as const

export type ThresholdName = keyof typeof thresholds

export type ThresholdValues = { readonly [Name in ThresholdName]: number }

export const thresholdNames: readonly ThresholdName[] = Object.keys(thresholds) as ThresholdName[]

export const defaultThresholds: ThresholdValues = Object.fromEntries(
  thresholdNames.map((name) => [name, thresholds[name].value]),
) as ThresholdValues
