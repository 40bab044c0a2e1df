/** Codes of the errors that a caller may branch on; `docs/errors.md` explains each. */
export type ErrorCode = `PRISMA_PROMETHEUS_${
  | 'ALREADY_INSTRUMENTED'
  | 'AUTHORIZE_TIMEOUT'
  | 'COLLECT_TIMEOUT'
  | 'EXPORT_FAILED'
  | 'EXPORT_TIMEOUT'
  | 'INVALID_ARGUMENT'
  | 'INVALID_METRIC'
  | 'MIGRATIONS_NOT_READABLE'
  | 'METRIC_CONFLICT'
  | 'METRICS_LIBRARY_MISSING'
  | 'METRIC_NAME_TAKEN'
  | 'METRIC_NOT_EXPORTED'
  | 'NOT_INSTRUMENTED'
  | 'OTHER_LIBRARY_COPY'
  | 'PRIMARY_FAILED'
  | 'READING_FAILED'
  | 'UNKNOWN_METRIC'
  | 'WORKERS_ALREADY_JOINED'
  | 'WORKER_TIMEOUT'}`

const typeErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
  'PRISMA_PROMETHEUS_INVALID_METRIC',
])

/** An `Error` with a `code`; a `TypeError` if the code means an invalid value. */
export function codedError(
  code: ErrorCode,
  message: string,
  options?: ErrorOptions,
): Error & { readonly code: ErrorCode } {
  const Class = typeErrors.has(code) ? TypeError : Error
  return Object.assign(new Class(message, options), { code })
}
