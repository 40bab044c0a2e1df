/** The API of `pg` 8 that this package uses. */

export interface PgEmitter {
  on(event: string, listener: (...args: never[]) => void): unknown
}

/** One connection. */
export interface PgClient extends PgEmitter {
  readonly query: (...args: unknown[]) => unknown
  /** `I` outside a transaction, `T` in one, `E` in one that has failed. */
  getTransactionStatus?(): string | null
}

export interface PgPool extends PgEmitter {
  readonly connect: (...args: unknown[]) => unknown
  readonly query: (...args: unknown[]) => unknown
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

/** The result of one statement. */
export interface PgResult {
  readonly command?: string | null
  readonly rowCount?: number | null
  readonly rows?: unknown[]
  readonly fields?: unknown[]
}

/** A query that runs itself on the connection, such as a cursor: `pg` calls these methods. */
export interface PgSubmittable {
  submit(connection: unknown): unknown
  readonly text?: string
  readonly values?: unknown
  handleCommandComplete?(message: { readonly text?: string }, ...rest: unknown[]): unknown
  handleDataRow?(...args: unknown[]): unknown
  handleError?(error: unknown, ...rest: unknown[]): unknown
  handleReadyForQuery?(...args: unknown[]): unknown
}

export function isPgPool(value: unknown): value is PgPool {
  return has(value, 'connect', 'query', 'on') && 'totalCount' in value && 'idleCount' in value
}

/** True for a single `Client`. */
export function isPgClient(value: unknown): value is PgClient {
  return has(value, 'connect', 'query', 'on', 'escapeIdentifier')
}

export function isSubmittable(value: unknown): value is PgSubmittable {
  return has(value, 'submit')
}

function has(value: unknown, ...methods: string[]): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof Reflect.get(value, name) === 'function')
  )
}
