import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils'
import { Counter, Histogram, type Registry } from 'prom-client'
import { ForwardingAdapter, ForwardingTransaction } from './forwarding-adapter.ts'

interface Series {
  readonly duration: Histogram<'call'>
  readonly calls: Counter<'call' | 'status'>
}

/** A wrapper with the ten lines around each call of the driver, without rows, models or waits. */
export function timing(
  factory: SqlDriverAdapterFactory,
  registry: Registry,
): SqlDriverAdapterFactory {
  const registers = [registry]
  const series: Series = {
    duration: new Histogram({
      name: 'prisma_driver_call_duration_seconds',
      help: 'Duration of calls of the driver',
      labelNames: ['call'],
      registers,
    }),
    calls: new Counter({
      name: 'prisma_driver_calls_total',
      help: 'Calls of the driver',
      labelNames: ['call', 'status'],
      registers,
    }),
  }
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => new TimingAdapter(await factory.connect(), series),
  }
}

async function timed<T>(
  { duration, calls }: Series,
  call: string,
  send: () => Promise<T>,
): Promise<T> {
  const end = duration.startTimer({ call })
  try {
    const result = await send()
    calls.inc({ call, status: 'success' })
    return result
  } catch (error) {
    calls.inc({ call, status: 'error' })
    throw error
  } finally {
    end()
  }
}

class TimingAdapter extends ForwardingAdapter {
  readonly #series: Series

  constructor(original: SqlDriverAdapter, series: Series) {
    super(original)
    this.#series = series
  }

  override queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return timed(this.#series, 'queryRaw', () => super.queryRaw(query))
  }

  override executeRaw(query: SqlQuery): Promise<number> {
    return timed(this.#series, 'executeRaw', () => super.executeRaw(query))
  }

  override async startTransaction(
    ...args: Parameters<SqlDriverAdapter['startTransaction']>
  ): Promise<Transaction> {
    const transaction = await timed(this.#series, 'startTransaction', () =>
      this.original.startTransaction(...args),
    )
    return new TimingTransaction(transaction, this.#series)
  }
}

class TimingTransaction extends ForwardingTransaction {
  readonly #series: Series

  constructor(original: Transaction, series: Series) {
    super(original)
    this.#series = series
  }

  override queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return timed(this.#series, 'queryRaw', () => super.queryRaw(query))
  }

  override executeRaw(query: SqlQuery): Promise<number> {
    return timed(this.#series, 'executeRaw', () => super.executeRaw(query))
  }

  override commit(): Promise<void> {
    return timed(this.#series, 'commit', () => super.commit())
  }

  override rollback(): Promise<void> {
    return timed(this.#series, 'rollback', () => super.rollback())
  }
}
