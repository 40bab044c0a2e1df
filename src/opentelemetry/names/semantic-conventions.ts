/**
 * OpenTelemetry's names of the metrics in the catalogue: the stable semantic conventions, or those in
 * development if there is no stable one. Metrics without a row keep their catalogue name.
 * https://opentelemetry.io/docs/specs/semconv/database/database-metrics/
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
 */

/** Converts a label to an attribute. A value of `undefined` omits the attribute. */
export interface AttributeMapping {
  readonly name: string
  readonly values?: Readonly<Record<string, string | undefined>>
  readonly type?: 'integer'
}

export interface SemanticConvention {
  readonly name: string
  readonly unit: string
  /** A gauge that the convention declares as an UpDownCounter. */
  readonly upDownCounter?: true
  /** By label. A label without a mapping keeps its name. */
  readonly attributes: Readonly<Record<string, AttributeMapping>>
  /** Errors are points of their own, with their code in {@link outcomeLabel}. */
  readonly byOutcome?: true
  /** The subject of the metric, whose attributes are added: the database or the pool. */
  readonly subject: 'database' | 'pool' | 'http'
}

/** Holds the error code of an outcome. No label of Prometheus has such a name. */
export const outcomeLabel = '$outcome'

const operation: SemanticConvention['attributes'] = {
  model: { name: 'db.collection.name', values: { $raw: undefined } },
  operation: { name: 'db.operation.name' },
}

const method: AttributeMapping = { name: 'http.request.method' }

const acquired: SemanticConvention['attributes'] = {
  outcome: { name: 'error.type', values: { ok: undefined, error: '_OTHER' } },
}

/** The conventions by catalogue name. */
export const semanticConventions: Readonly<Record<string, SemanticConvention>> = {
  prisma_operation_duration_seconds: {
    name: 'db.client.operation.duration',
    unit: 's',
    attributes: { ...operation, [outcomeLabel]: { name: 'error.type' } },
    subject: 'database',
    byOutcome: true,
  },
  prisma_operation_rows: {
    name: 'db.client.response.returned_rows',
    unit: '{row}',
    attributes: operation,
    subject: 'database',
  },
  prisma_pool_connections: {
    name: 'db.client.connection.count',
    unit: '{connection}',
    upDownCounter: true,
    attributes: { state: { name: 'db.client.connection.state', values: { busy: 'used' } } },
    subject: 'pool',
  },
  prisma_pool_connections_max: {
    name: 'db.client.connection.max',
    unit: '{connection}',
    upDownCounter: true,
    attributes: {},
    subject: 'pool',
  },
  prisma_pool_pending_acquires: {
    name: 'db.client.connection.pending_requests',
    unit: '{request}',
    upDownCounter: true,
    attributes: {},
    subject: 'pool',
  },
  prisma_pool_acquire_timeouts_total: {
    name: 'db.client.connection.timeouts',
    unit: '{timeout}',
    attributes: {},
    subject: 'pool',
  },
  prisma_pool_acquire_duration_seconds: {
    name: 'db.client.connection.wait_time',
    unit: 's',
    attributes: acquired,
    subject: 'pool',
  },
  prisma_pool_connection_create_seconds: {
    name: 'db.client.connection.create_time',
    unit: 's',
    attributes: acquired,
    subject: 'pool',
  },
  prisma_pool_connection_use_seconds: {
    name: 'db.client.connection.use_time',
    unit: 's',
    attributes: {},
    subject: 'pool',
  },
  http_server_request_duration_seconds: {
    name: 'http.server.request.duration',
    unit: 's',
    attributes: {
      http_request_method: method,
      http_route: { name: 'http.route' },
      http_response_status_code: { name: 'http.response.status_code', type: 'integer' },
    },
    subject: 'http',
  },
  http_server_active_requests: {
    name: 'http.server.active_requests',
    unit: '{request}',
    upDownCounter: true,
    attributes: { http_request_method: method },
    subject: 'http',
  },
}

/** `db.system.name` by the `provider` label of `prisma_client_info`. */
export const databaseSystems: Readonly<Record<string, string>> = {
  cockroachdb: 'cockroachdb',
  mongodb: 'mongodb',
  mysql: 'mysql',
  postgres: 'postgresql',
  postgresql: 'postgresql',
  sqlite: 'sqlite',
  sqlserver: 'microsoft.sql_server',
}

/** Units by the suffix that Prometheus names end in, in the notation of UCUM. */
const unitsBySuffix: Readonly<Record<string, string>> = {
  _seconds: 's',
  _milliseconds: 'ms',
  _ms: 'ms',
  _bytes: 'By',
  _ratio: '1',
}

/** A Prometheus name in its parts: `unit` is empty if the name does not end in one. */
export interface NameParts {
  readonly stem: string
  readonly unit: string
}

/** Removes `_total` from a counter's name, and the unit's suffix from any name. */
export function partsOf(name: string, type: string): NameParts {
  const stem = type === 'counter' && name.endsWith('_total') ? name.slice(0, -6) : name
  for (const [suffix, unit] of Object.entries(unitsBySuffix)) {
    if (stem.endsWith(suffix) && stem.length > suffix.length) {
      return { stem: stem.slice(0, -suffix.length), unit }
    }
  }
  return { stem, unit: '' }
}

/**
 * The bucket bounds that the conventions recommend for `db.client.operation.duration`, in seconds:
 * `prismaMetrics({ buckets: openTelemetryBuckets })`.
 */
export const openTelemetryBuckets: readonly number[] = [
  0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10,
]
