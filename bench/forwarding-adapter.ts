import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils'

/** A wrapper that records nothing: the least that a layer between Prisma and its adapter can cost. */
export function forwarding(factory: SqlDriverAdapterFactory): SqlDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => new ForwardingAdapter(await factory.connect()),
  }
}

class Forwarding<Q extends SqlQueryable> implements SqlQueryable {
  readonly provider: SqlQueryable['provider']
  readonly adapterName: string
  protected readonly original: Q

  constructor(original: Q) {
    this.provider = original.provider
    this.adapterName = original.adapterName
    this.original = original
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.original.queryRaw(query)
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.original.executeRaw(query)
  }
}

export class ForwardingAdapter extends Forwarding<SqlDriverAdapter> implements SqlDriverAdapter {
  executeScript(script: string): Promise<void> {
    return this.original.executeScript(script)
  }

  getConnectionInfo(): ReturnType<NonNullable<SqlDriverAdapter['getConnectionInfo']>> {
    return this.original.getConnectionInfo?.() ?? { supportsRelationJoins: false }
  }

  async startTransaction(
    ...args: Parameters<SqlDriverAdapter['startTransaction']>
  ): Promise<Transaction> {
    return new ForwardingTransaction(await this.original.startTransaction(...args))
  }

  dispose(): Promise<void> {
    return this.original.dispose()
  }
}

export class ForwardingTransaction extends Forwarding<Transaction> implements Transaction {
  readonly options: Transaction['options'] = this.original.options

  commit(): Promise<void> {
    return this.original.commit()
  }

  rollback(): Promise<void> {
    return this.original.rollback()
  }
}
