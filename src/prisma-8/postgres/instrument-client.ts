import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { isThenable } from '../../metrics/error-reporter.ts'
import { type JoinedPlans, rawPlan } from '../plans/joined-plans.ts'
import type { Answer, ConnectionRecorder, Statement } from '../connection-recorder.ts'
import type { ExactUpserts } from './exact-upserts.ts'
import { isSubmittable, type PgClient, type PgResult } from './pg.ts'
import { watchSubmittable } from './submittable.ts'

/** The recorders of a connection's statements. */
export interface ClientWatch {
  readonly errorReporter: ErrorReporter
  readonly plans: JoinedPlans
  readonly exactUpserts: ExactUpserts | undefined
  /** True while another instrumentation records the connection. */
  skips(config: unknown): boolean
}

type Callback = (this: unknown, error: unknown, result: unknown, ...rest: unknown[]) => unknown

/**
 * Replaces `client.query` by a method that records each statement: those that return a promise, those
 * that call a callback, and cursors. Arguments, results, errors and their order stay as they are.
 */
export function instrumentClient(
  client: PgClient,
  recorder: ConnectionRecorder,
  watch: ClientWatch,
): void {
  const { errorReporter } = watch
  const original = client.query
  client.on('end', () => errorReporter.guard(() => recorder.ended()))

  const idle = (): boolean => client.getTransactionStatus?.() === 'I'

  function query(this: unknown, ...args: unknown[]): unknown {
    const [config] = args
    if (watch.skips(config)) return original.apply(client, args)
    const statement = errorReporter.guard(() => {
      const given = statementOf(args, watch.plans)
      return given && recorder.sent(given)
    })
    if (statement === undefined) return original.apply(client, args)
    if (isSubmittable(config)) {
      errorReporter.guard(() =>
        watchSubmittable(config, recorder, statement, watch.errorReporter, idle),
      )
      return original.apply(client, args)
    }
    const upserts = watch.exactUpserts?.statement(statement)
    const succeeded = (result: unknown): void => {
      errorReporter.guard(() => {
        const inserted = upserts?.take(result)
        recorder.answered(statement, answersOf(result), idle(), inserted)
      })
    }
    const failed = (error: unknown): void => {
      errorReporter.guard(() => recorder.failed(statement, error, idle()))
    }
    if (upserts !== undefined) args[0] = upserts.config(config)
    const notified = withCallback(args, (error, result) => {
      if (error) failed(error)
      else succeeded(result)
    })
    if (notified !== undefined) return original.apply(client, notified)
    const answer = original.apply(client, args)
    if (!isThenable(answer)) return answer
    if (statement.plan !== undefined) {
      // Prisma handles the rejection.
      void answer.then(succeeded, failed)
      return answer
    }
    // The derived promise is returned, so that a rejection that the caller does not handle is reported.
    return answer.then(
      (result) => {
        succeeded(result)
        return result
      },
      (error: unknown) => {
        failed(error)
        throw error
      },
    )
  }
  Object.defineProperty(client, 'query', { value: query, writable: true, configurable: true })
}

/** Undefined for arguments that `pg` rejects. */
function statementOf(args: readonly unknown[], plans: JoinedPlans): Statement | undefined {
  const [config, second] = args
  const { text, values } = (config ?? {}) as { text?: unknown; values?: unknown }
  const sql = typeof config === 'string' ? config : text
  if (typeof sql !== 'string') return undefined
  const plan = isSubmittable(config) ? rawPlan : plans.of(values ?? second)
  return { sql, plan }
}

/** The arguments with `notify` called before their callback; undefined if they have no callback. */
function withCallback(
  args: readonly unknown[],
  notify: (error: unknown, result: unknown) => void,
): unknown[] | undefined {
  const [config] = args
  const position =
    args.length > 1
      ? args.findIndex((argument, index) => index > 0 && typeof argument === 'function')
      : -1
  const inConfig = (config as { callback?: unknown } | null)?.callback
  const callback = position < 0 ? inConfig : args[position]
  if (typeof callback !== 'function') return undefined
  const notified: Callback = function (error, result, ...rest) {
    notify(error, result)
    return (callback as Callback).call(this, error, result, ...rest)
  }
  if (position >= 0) return args.with(position, notified)
  // The caller's object is the prototype: `pg` reads the other fields from it.
  return args.with(
    0,
    Object.create(config as object, { callback: { value: notified, writable: true } }),
  )
}

function answersOf(result: unknown): Answer[] {
  return Array.isArray(result) ? result.map(answerOf) : [answerOf(result)]
}

function answerOf(result: unknown): Answer {
  const { command, rowCount } = (result ?? {}) as PgResult
  return { command: command ?? undefined, rows: rowCount ?? 0 }
}
