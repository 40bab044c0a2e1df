import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import type { Answer, ConnectionRecorder, SentStatement } from '../connection-recorder.ts'
import type { PgSubmittable } from './pg.ts'

const tagPattern = /^([A-Z]+)(?: \d+)*? ?(\d+)?$/i

/** Reads a command tag, such as `INSERT 0 3`. */
function answerOf(tag: string): Answer {
  const [, command, rows] = tagPattern.exec(tag) ?? []
  return { command, rows: Number(rows ?? 0) }
}

/**
 * Watches a query that runs itself, such as a cursor, by the messages that `pg` passes to it.
 *
 * @param idle returns true if the server has no transaction open on the connection.
 */
export function watchSubmittable(
  query: PgSubmittable,
  recorder: ConnectionRecorder,
  statement: SentStatement,
  errorReporter: ErrorReporter,
  idle: () => boolean,
): void {
  const answers: Answer[] = []
  let received = 0
  let settled = false
  const settle = (record: () => void): void => {
    if (settled) return
    settled = true
    errorReporter.guard(record)
  }
  before(query, 'handleDataRow', () => {
    received += 1
  })
  before(query, 'handleCommandComplete', (message) => {
    const { text } = (message ?? {}) as { text?: unknown }
    if (typeof text === 'string') answers.push(answerOf(text))
  })
  before(query, 'handleError', (error) => {
    settle(() => recorder.failed(statement, error, idle()))
  })
  before(query, 'handleReadyForQuery', () => {
    settle(() => {
      // The tag counts the rows of the last fetch, and is missing if the cursor was closed early.
      const { command, rows } = answers.at(-1) ?? { command: undefined, rows: 0 }
      recorder.answered(statement, [{ command, rows: Math.max(rows, received) }], idle())
    })
  })
}

type Handler = 'handleDataRow' | 'handleCommandComplete' | 'handleError' | 'handleReadyForQuery'

function before(query: PgSubmittable, method: Handler, notify: (argument: unknown) => void): void {
  const original = query[method] as ((...args: unknown[]) => unknown) | undefined
  if (typeof original !== 'function') return
  Object.defineProperty(query, method, {
    value(this: unknown, ...args: unknown[]): unknown {
      notify(args[0])
      return original.apply(this, args)
    },
    configurable: true,
    writable: true,
  })
}
