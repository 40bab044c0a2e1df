/**
 * The error kind of a SQLSTATE with which Postgres ends a connection or refuses a new one; undefined for
 * other states. Driver adapters have no kind for them.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function kindOfState(state: string): string | undefined {
  // 57P03: the server starts up, shuts down or recovers.
  if (state === '57P03') return 'DatabaseNotReachable'
  return /^(?:08...|57P0[1245])$/.test(state) ? 'ConnectionClosed' : undefined
}

/** The error kind of a message of pg, for an error that the server did not send. */
export function kindOfMessage(message: string): string | undefined {
  if (message === 'Connection terminated due to connection timeout') return 'SocketTimeout'
  return message.startsWith('Connection terminated') ? 'ConnectionClosed' : undefined
}
