import {
  isInstrumentedBy,
  type Instrumentation,
  instrumentedByKey,
  instrumentationsOf,
} from '../../database/instrumented-by.ts'
import { StatementRecorder } from '../../database/statements/statement-recorder.ts'
import { codedError } from '../../support/coded-error.ts'
import { expectThat, isObject } from '../../support/validate.ts'
import { defaultSchema } from '../default-schema.ts'
import {
  isTransactional,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
} from '../driver-adapter.ts'
import { wrap } from '../wrap.ts'
import { CallWatch, type StatementLayer } from './call-watch.ts'
import { canDecide } from './unknown-outcomes.ts'
import { instrumentedAdapters } from './instrumented-adapter.ts'

/**
 * Wraps a factory, so that its adapters record every statement, row and transaction.
 *
 * @throws {Error} if the factory is instrumented for another `client` label of the same registry.
 * @throws {TypeError} if an option for Postgres is used with another database.
 */
export function instrumentFactory<F extends SqlDriverAdapterFactory>(
  factory: F,
  layer: StatementLayer,
  instrumentation: Instrumentation,
): F {
  const present = instrumentationsOf(factory)
  if (isInstrumentedBy('metrics.adapter(factory): the factory', present, instrumentation))
    return factory
  const { provider, adapterName } = factory
  const database = { provider, transactional: isTransactional(adapterName) }
  for (const option of ['exactUpserts', 'decideUnknown'] as const)
    expectThat(
      option,
      !layer[option] || provider === 'postgres',
      'false for another database than Postgres',
      layer[option],
    )
  const watch = new CallWatch(new StatementRecorder(layer, database), layer)
  const replaced: Partial<SqlDriverAdapterFactory> = {
    [instrumentedByKey]: [...present, instrumentation],
    async connect() {
      let adapter: SqlDriverAdapter
      try {
        adapter = await factory.connect()
      } catch (error) {
        watch.callFailed(error)
        throw error
      }
      const { statements } = watch.recorder
      watch.guard(() => statements.useDefaultSchema(defaultSchema(adapter)))
      if (provider === 'mysql' && (await ignoresCase(adapter))) statements.ignoreCase()
      const decides = layer.decideUnknown && (await canDecide(adapter))
      const release = watch.guard(() => layer.connected(adapter, instrumented))
      const Instrumented = instrumentedAdapters.of(adapter)
      return new Instrumented(adapter, watch, release, decides)
    },
  }
  const instrumented = wrap<F>(factory, replaced as Partial<F>)
  return instrumented
}

/** Reads MySQL's `lower_case_table_names`. If that fails, names are compared exactly. */
async function ignoresCase(adapter: SqlDriverAdapter): Promise<boolean> {
  const sql = 'SELECT @@lower_case_table_names'
  try {
    const { rows } = await adapter.queryRaw({ sql, args: [], argTypes: [] })
    return Number(rows[0]?.[0] ?? 0) !== 0
  } catch {
    return false
  }
}

/** @throws {TypeError} if the value is not a driver adapter factory. */
export function expectFactory(factory: unknown): void {
  if (
    !isObject(factory) ||
    typeof (factory as Partial<SqlDriverAdapterFactory>).connect !== 'function'
  ) {
    throw codedError(
      'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
      `prisma-prometheus: metrics.adapter(factory): expected a driver adapter factory such as new PrismaPg(…), got ${isObject(factory) ? 'an object without connect()' : String(factory)}`,
    )
  }
}
