/** A number in an alert that another service may want otherwise. */
export interface Threshold {
  readonly value: number
  readonly unit: string
  /** What it bounds, and why at this value. */
  readonly why: string
}

export const thresholds = {
  errorObjective: {
    value: 0.999,
    unit: 'ratio',
    why: 'Share of operations that must not fail. Three nines leave 43 minutes of failure in 30 days: tight enough to notice, loose enough for a database failover.',
  },
  latencyObjective: {
    value: 0.99,
    unit: 'ratio',
    why: 'Share of operations that must be done within latencySeconds. One in a hundred may be slow: reports and cold caches are.',
  },
  latencySeconds: {
    value: 0.25,
    unit: 'seconds',
    why: 'What counts as in time. A request of four operations in a row then still answers within a second. It must be one of the bucket bounds.',
  },
  sloMinimumOperations: {
    value: 100,
    unit: 'operations',
    why: 'Operations the long window must hold before a budget can burn: with ten operations a single failure would be an outage.',
  },
  poolWaitSeconds: {
    value: 0.1,
    unit: 'seconds',
    why: '95th percentile of the wait for a connection. A pool with room answers in microseconds; a tenth of a second is more than most queries take.',
  },
  connectionFailures: {
    value: 3,
    unit: 'failures in 5 minutes',
    why: 'Failed connections. A pool replaces one lost connection by itself; more than three in five minutes are a pattern.',
  },
  transactionWaitSeconds: {
    value: 0.5,
    unit: 'seconds',
    why: '95th percentile of the wait for BEGIN. Prisma gives up after maxWait, 2 seconds by default: this is a quarter of it.',
  },
  transactionSeconds: {
    value: 2.5,
    unit: 'seconds',
    why: '99th percentile of a transaction. Prisma rolls interactive transactions back after timeout, 5 seconds by default: this is half of it.',
  },
  writeConflicts: {
    value: 5,
    unit: 'conflicts in 10 minutes',
    why: 'Deadlocks and serialization failures. Single ones are the price of concurrency and are retried; more than one every two minutes is a locking order gone wrong.',
  },
  rollbackRatio: {
    value: 0.1,
    unit: 'ratio',
    why: 'Rolled-back share of all transactions. Work that is thrown away one time in ten is a failing path, not bad luck.',
  },
  transactionsPerSecond: {
    value: 0.05,
    unit: 'transactions/s',
    why: 'Traffic below which the rollback ratio says nothing: three transactions a minute.',
  },
  slowOperations: {
    value: 10,
    unit: 'operations in 15 minutes',
    why: 'Slow operations of one kind. One can be a checkpoint or a cold cache; ten of one kind are a missing index or a plan that changed.',
  },
  nPlusOneSuspects: {
    value: 10,
    unit: 'suspects in 1 hour',
    why: 'Scopes that repeated one shape of operation. Ten in an hour mean that the code path is in regular use.',
  },
  scopeOperations: {
    value: 50,
    unit: 'operations',
    why: '95th percentile of operations in one unit of work. At a millisecond each, fifty are a noticeable part of a request.',
  },
  largeResultRows: {
    value: 5000,
    unit: 'rows',
    why: 'Rows in one result that count as an explosion: Prisma holds them all in memory. It must be a bound of the rows buckets: 1000, 5000 or 10000.',
  },
  largeResults: {
    value: 5,
    unit: 'results in 15 minutes',
    why: 'Results of that size. An export may need one now and then; a page of a list never does.',
  },
  writeSurgeRows: {
    value: 1000,
    unit: 'rows/s',
    why: 'Rate of written rows of one model below which no surge is told: smaller ones harm nobody.',
  },
  writeSurgeFactor: {
    value: 10,
    unit: 'times the average of a day',
    why: 'Growth over the usual rate. Daily rhythms stay within a factor of three to five; ten is a loop or a backfill.',
  },
  pendingMigrations: {
    value: 0,
    unit: 'migrations',
    why: 'Migrations that the code has and the database does not. None should be left after a deployment.',
  },
  jobStalledSeconds: {
    value: 93_600,
    unit: 'seconds',
    why: 'Time since the last success of a job: a day and two hours, so that a daily job may be late without waking anybody. Lower it for jobs that run more often.',
  },
  jobFailureRatio: {
    value: 0.5,
    unit: 'ratio',
    why: 'Failing share of a job’s runs in an hour. Half of them survive single retries and still tell a job that cannot work.',
  },
  steadyInserts: {
    value: 20,
    unit: 'rows in 30 minutes',
    why: 'Inserts of a model in the same half hour of yesterday that make today’s silence suspicious. Rarer events have silent half hours by chance.',
  },
  collectErrors: {
    value: 2,
    unit: 'errors in 15 minutes',
    why: 'Scrapes that went without one metric. A single late query is noise; three are a broken reader.',
  },
} as const

export type ThresholdName = keyof typeof thresholds

export type ThresholdValues = { readonly [Name in ThresholdName]: number }

export const thresholdNames: readonly ThresholdName[] = Object.keys(thresholds) as ThresholdName[]

export const defaultThresholds: ThresholdValues = Object.fromEntries(
  thresholdNames.map((name) => [name, thresholds[name].value]),
) as ThresholdValues
