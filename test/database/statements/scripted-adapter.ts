import type {
  Provider,
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils'

/** An error of a driver adapter, with the code of the database. */
export class DriverAdapterError extends Error {
  override readonly name = 'DriverAdapterError'
  override readonly cause: { readonly kind: string; readonly originalCode?: string }

  constructor(originalCode: string | undefined, kind: string = 'postgres') {
    super(originalCode ?? kind)
    this.cause = originalCode === undefined ? { kind } : { kind, originalCode }
  }
}

export interface ScriptedAdapter {
  readonly factory: SqlDriverAdapterFactory
  /** Each call so far, by its SQL or its name. */
  readonly calls: string[]
  /** The next call fails with it. */
  failure: Error | undefined
}

/** A driver adapter without a database: each call succeeds, and writes two rows, unless a failure is set. */
export function scriptedAdapter(
  provider: Provider,
  { usePhantomQuery = false, adapterName = 'scripted' } = {},
): ScriptedAdapter {
  const info = { provider, adapterName }
  const calls: string[] = []
  const call = async (name: string): Promise<number> => {
    calls.push(name)
    const { failure } = script
    script.failure = undefined
    if (failure !== undefined) throw failure
    return 2
  }
  const queryRaw = async ({ sql }: SqlQuery): Promise<SqlResultSet> => {
    const rows = await call(sql)
    return {
      columnNames: ['id'],
      columnTypes: [0],
      rows: Array.from({ length: rows }, (_, id) => [id]),
    }
  }
  const executeRaw = ({ sql }: SqlQuery): Promise<number> => call(sql)
  const answer = async (name: string): Promise<void> => void (await call(name))
  const adapter: SqlDriverAdapter = {
    ...info,
    queryRaw,
    executeRaw,
    executeScript: async () => {},
    dispose: () => answer('dispose'),
    async startTransaction(): Promise<Transaction> {
      await call('begin')
      return {
        ...info,
        options: { usePhantomQuery },
        queryRaw,
        executeRaw,
        commit: () => answer('commit'),
        rollback: () => answer('rollback'),
        createSavepoint: (name) => answer(`create ${name}`),
        rollbackToSavepoint: (name) => answer(`rollback to ${name}`),
        releaseSavepoint: (name) => answer(`release ${name}`),
      }
    },
  }
  const script: ScriptedAdapter = {
    factory: { ...info, connect: async () => adapter },
    calls,
    failure: undefined,
  }
  return script
}
