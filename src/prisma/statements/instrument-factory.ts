import {
  isInstrumentedBy,
  type Instrumentation,
  instrumentedByKey,
  instrumentationsOf,
} from '../../database/instrumented-by.ts'
import { StatementRecorder } from '../../database/statements/statement-recorder.ts'
import { expectThat } from '../../support/validate.ts'
import { defaultSchema } from '../default-schema.ts'
import {
  isTransactional,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
} from '../driver-adapter.ts'
import { wrap } from '../wrap.ts'
import { CallWatch, type StatementLayer } from './call-watch.ts'
import { instrumentedAdapters } from './instrumented-adapter.ts'

/**
 * Wraps a factory, so that its adapters record every statement, row and transaction.
 *
 * @throws {Error} if the factory is instrumented for another `client` label of the same registry.
 * @throws {TypeError} if exact upserts are asked of another database than Postgres.
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
  expectThat(
    'exactUpserts',
    !layer.exactUpserts || provider === 'postgres',
    'false for another database than Postgres',
    layer.exactUpserts,
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
      const release = watch.guard(() => layer.connected(adapter, instrumented))
      const Instrumented = instrumentedAdapters.of(adapter)
      return new Instrumented(adapter, watch, release)
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
