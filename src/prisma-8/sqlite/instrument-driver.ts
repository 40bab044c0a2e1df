import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { secondsSince } from '../../support/elapsed.ts'
import {
  type Answer,
  ConnectionRecorder,
  type ConnectionSinks,
  type SentStatement,
} from '../connection-recorder.ts'
import type { JoinedPlans } from '../plans/joined-plans.ts'
import { isRaw } from '../plans/plan-statements.ts'
import { ObservedRows, type QueryKind } from './observed-rows.ts'
import type {
  SqliteConnection,
  SqliteDriver,
  SqliteQueryable,
  SqliteRequest,
  SqliteTransaction,
} from './sqlite-driver.ts'

/** What the connections of a SQLite driver are instrumented with. */
export interface SqliteSinks extends ConnectionSinks {
  readonly errorReporter: ErrorReporter
  readonly plans: JoinedPlans
}

/**
 * Instruments a driver of SQLite: its own connection, and those that it opens for transactions. Results,
 * errors and their order stay as they are.
 *
 * @returns a function that reads rows without recording the statement.
 */
export function instrumentSqliteDriver(
  driver: SqliteDriver,
  sinks: SqliteSinks,
): (sql: string) => Promise<Record<string, unknown>[]> {
  const { query } = driver
  instrumentQueryable(driver, new ConnectionRecorder(sinks), sinks)
  const acquire = driver.acquireConnection
  replace(driver, 'acquireConnection', () => {
    const started = performance.now()
    const acquiring = acquire.call(driver)
    observe(acquiring, sinks, (connection) =>
      instrumentConnection(connection, secondsSince(started), sinks),
    )
    return acquiring
  })
  return async (sql) => {
    const rows: Record<string, unknown>[] = []
    for await (const row of query.call(driver, { sql })) rows.push(row as Record<string, unknown>)
    return rows
  }
}

function instrumentConnection(
  connection: SqliteConnection,
  seconds: number,
  sinks: SqliteSinks,
): void {
  const recorder = new ConnectionRecorder(sinks)
  const { errorReporter } = sinks
  recorder.acquired(seconds)
  instrumentQueryable(connection, recorder, sinks)
  const begin = connection.beginTransaction
  replace(connection, 'beginTransaction', () => {
    const beginning = controlled('BEGIN', connection, recorder, sinks, () => begin.call(connection))
    observe(beginning, sinks, (transaction) => instrumentTransaction(transaction, recorder, sinks))
    return beginning
  })
  for (const name of ['release', 'destroy'] as const) {
    const original = connection[name]
    replace(connection, name, (...args: unknown[]) => {
      errorReporter.guard(() => recorder.ended())
      return Reflect.apply(original, connection, args)
    })
  }
}

function instrumentTransaction(
  transaction: SqliteTransaction,
  recorder: ConnectionRecorder,
  sinks: SqliteSinks,
): void {
  instrumentQueryable(transaction, recorder, sinks)
  for (const name of ['commit', 'rollback'] as const) {
    const original = transaction[name]
    replace(transaction, name, () =>
      controlled(name.toUpperCase(), transaction, recorder, sinks, () =>
        original.call(transaction),
      ),
    )
  }
}

/** Calls a method that sends BEGIN, COMMIT or ROLLBACK, and returns its promise. */
function controlled<T>(
  sql: string,
  queryable: SqliteQueryable,
  recorder: ConnectionRecorder,
  sinks: SqliteSinks,
  call: () => Promise<T>,
): Promise<T> {
  const statement = sinks.errorReporter.guard(() => recorder.sent({ sql, plan: undefined }))
  const promise = call()
  const isIdle = idle(queryable)
  if (statement !== undefined)
    observe(
      promise,
      sinks,
      () => recorder.answered(statement, [{ command: sql, rows: 0 }], false),
      (error) => recorder.failed(statement, error, isIdle),
    )
  return promise
}

/** Observes a promise before its caller does, who then continues no later than without us. */
function observe<T>(
  promise: Promise<T>,
  { errorReporter }: SqliteSinks,
  succeeded: (result: T) => void,
  failed: (error: unknown) => void = () => {},
): void {
  void promise.then(
    (result) => errorReporter.guard(() => succeeded(result)),
    (error: unknown) => errorReporter.guard(() => failed(error)),
  )
}

function instrumentQueryable(
  queryable: SqliteQueryable,
  recorder: ConnectionRecorder,
  sinks: SqliteSinks,
): void {
  const { errorReporter, plans } = sinks
  const { query, execute } = queryable
  const sent = ({ sql, params }: SqliteRequest) =>
    errorReporter.guard(() => recorder.sent({ sql, plan: plans.of(params) }))
  const changes = async (): Promise<number> => {
    const rows = query.call(queryable, { sql: 'SELECT changes() AS rows' })[Symbol.asyncIterator]()
    const { value } = await rows.next()
    await rows.return?.()
    return Number((value as { rows?: unknown } | undefined)?.rows ?? 0)
  }

  replace(queryable, 'execute', (request: SqliteRequest) => {
    const statement = sent(request)
    const executing = execute.call(queryable, request)
    // Read now: SQLite has run the statement, and others may follow before its promise settles.
    const isIdle = idle(queryable)
    if (statement !== undefined)
      observe(
        executing,
        sinks,
        ({ affectedRows }) =>
          recorder.answered(statement, [answerTo(statement, affectedRows)], isIdle),
        (error) => recorder.failed(statement, error, isIdle),
      )
    return executing
  })
  replace(queryable, 'query', (request: SqliteRequest) => {
    const rows = query.call(queryable, request)[Symbol.asyncIterator]()
    let statement: SentStatement | undefined
    let isIdle: boolean | undefined
    return new ObservedRows(rows, {
      started() {
        statement = sent(request)
        return statement === undefined ? 'read' : kindOf(statement)
      },
      ran() {
        isIdle = idle(queryable)
      },
      succeeded(written, busy) {
        errorReporter.guard(() => {
          if (statement === undefined) return
          const reads = statement.parsed.series.rows === undefined
          // The consumer's time between the rows of a read is not the statement's.
          const started = reads ? performance.now() - busy : statement.started
          const answer = answerTo(statement, written)
          recorder.answered({ ...statement, started }, [answer], isIdle)
        })
      },
      failed(error) {
        errorReporter.guard(() => statement && recorder.failed(statement, error, isIdle))
      },
      changes,
    })
  })
}

function kindOf({ parsed, plan }: SentStatement): QueryKind {
  if (parsed.control !== undefined || parsed.series.rows === undefined) return 'read'
  const returns = plan !== undefined && !isRaw(plan.ast) && (plan.ast.returning?.length ?? 0) > 0
  return returns ? 'returning' : 'write'
}

/** The answer to a statement: SQLite does what a COMMIT or ROLLBACK says, or fails. */
function answerTo({ parsed }: SentStatement, rows: number): Answer {
  return { command: parsed.control?.control === 'commit' ? 'COMMIT' : undefined, rows }
}

/** True if SQLite has no transaction open; undefined for the connection that the driver keeps to itself. */
function idle({ db }: SqliteQueryable): boolean | undefined {
  return db?.isTransaction === undefined ? undefined : !db.isTransaction
}

function replace(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true })
}
