import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlResultSet,
} from '@prisma/driver-adapter-utils'

const tag: SqlResultSet = {
  columnNames: ['id', 'name'],
  columnTypes: [0, 7],
  rows: [[1, 'urgent']],
}

/**
 * A driver adapter without a database. It answers every statement at once, so that only Prisma and
 * the instrumentation are measured.
 */
export class InstantAdapter implements SqlDriverAdapterFactory {
  readonly provider = 'postgres'
  readonly adapterName = 'instant'

  async connect(): Promise<SqlDriverAdapter> {
    const { provider, adapterName } = this
    const queryable = {
      provider,
      adapterName,
      queryRaw: async (): Promise<SqlResultSet> => tag,
      executeRaw: async (): Promise<number> => 1,
    } as const
    return {
      ...queryable,
      executeScript: async () => {},
      startTransaction: async () => ({
        ...queryable,
        options: { usePhantomQuery: true },
        commit: async () => {},
        rollback: async () => {},
      }),
      getConnectionInfo: () => ({ supportsRelationJoins: true }),
      dispose: async () => {},
    }
  }
}
