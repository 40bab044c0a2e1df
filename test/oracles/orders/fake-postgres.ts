import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils'

/** Delays the answer of a call until its turn. */
export type Answer = <T>(label: string, settle: () => T) => Promise<T>

/** Rows by what became of them. */
export interface Outcomes {
  committed: number
  rolledBack: number
  /** Rows of a COMMIT whose answer was lost. */
  unknown: number
}

class DriverAdapterError extends Error {
  override readonly name = 'DriverAdapterError'
  override readonly cause: { readonly kind: string; readonly originalCode: string }

  constructor(originalCode: string) {
    super(originalCode)
    this.cause = { kind: 'postgres', originalCode }
  }
}

/** One connection: executes in the order in which calls are sent, and answers in the same order. */
class Session {
  readonly #outcomes: Outcomes
  readonly #answer: Answer
  #levels: { readonly name: string | undefined; rows: number }[] = [{ name: undefined, rows: 0 }]
  #state: 'open' | 'aborted' | 'ended' | 'lost'
  #last: Promise<unknown> = Promise.resolve()

  /** @param state `ended` outside a transaction. */
  constructor(outcomes: Outcomes, answer: Answer, state: 'open' | 'ended') {
    this.#state = state
    this.#outcomes = outcomes
    this.#answer = answer
  }

  /** Executes now, and answers after all earlier calls. */
  send(sql: string): Promise<number> {
    let result: number
    let failure: Error | undefined
    try {
      result = this.#execute(sql)
    } catch (error) {
      failure = error as Error
    }
    const answered = this.#last.then(() =>
      this.#answer(sql, () => {
        if (failure !== undefined) throw failure
        return result
      }),
    )
    this.#last = answered.catch(() => {})
    return answered
  }

  #execute(sql: string): number {
    const [verb = '', name = ''] = sql.split(' ')
    if (this.#state === 'lost') throw new Error('the client is not queryable')
    if (this.#state === 'ended') return this.#autocommit(verb, name)
    if (sql === 'COMMIT') return this.#end(this.#state === 'aborted' ? 'rolledBack' : 'committed')
    if (verb === 'ROLLBACK' && name === '') return this.#end('rolledBack')
    if (verb === 'COMMIT') {
      this.#end(this.#state === 'aborted' ? 'rolledBack' : 'unknown')
      this.#state = 'lost'
      throw new Error('Connection terminated unexpectedly')
    }
    if (verb === 'ROLLBACK') return this.#rollbackTo(sql.split(' ').at(-1) ?? '')
    if (this.#state === 'aborted') throw new DriverAdapterError('25P02')
    if (verb === 'SAVEPOINT') this.#levels.push({ name, rows: 0 })
    else if (verb === 'RELEASE') this.#release(sql.split(' ').at(-1) ?? '')
    else if (verb === 'FAIL') this.#fail('22012')
    else return this.#insert()
    return 0
  }

  #autocommit(verb: string, name: string): number {
    if (verb === 'INSERT') {
      this.#outcomes.committed += 2
      return 2
    }
    if (verb === 'FAIL') throw new DriverAdapterError('22012')
    if (verb === 'SAVEPOINT' || verb === 'RELEASE' || name === 'TO')
      throw new DriverAdapterError('25P01')
    return 0
  }

  #insert(): number {
    ;(this.#levels.at(-1) as { rows: number }).rows += 2
    return 2
  }

  #end(outcome: keyof Outcomes): number {
    for (const { rows } of this.#levels) this.#outcomes[outcome] += rows
    this.#levels = []
    this.#state = 'ended'
    return 0
  }

  #fail(code: string): never {
    this.#state = 'aborted'
    throw new DriverAdapterError(code)
  }

  #rollbackTo(name: string): number {
    const index = this.#levels.findLastIndex((level) => level.name === name)
    if (index < 0) this.#fail('3B001')
    for (const { rows } of this.#levels.splice(index)) this.#outcomes.rolledBack += rows
    this.#levels.push({ name, rows: 0 })
    this.#state = 'open'
    return 0
  }

  #release(name: string): void {
    const index = this.#levels.findLastIndex((level) => level.name === name)
    if (index < 0) this.#fail('3B001')
    const rows = this.#levels.splice(index).reduce((sum, level) => sum + level.rows, 0)
    ;(this.#levels.at(-1) as { rows: number }).rows += rows
  }
}

/**
 * A driver adapter of a Postgres in memory. Each INSERT writes two rows, FAIL is a statement that the
 * server refuses, and a COMMIT with the comment `lost` may be executed, and is never answered.
 */
export function fakePostgres(
  outcomes: Outcomes,
  answer: Answer,
  usePhantomQuery: boolean,
): SqlDriverAdapterFactory {
  const info = { provider: 'postgres', adapterName: 'fake' } as const
  const result = (rows: number): SqlResultSet => ({
    columnNames: ['id'],
    columnTypes: [0],
    rows: Array.from({ length: rows }, (_, id) => [id]),
  })
  const autocommit: SqlDriverAdapter = {
    ...info,
    queryRaw: async ({ sql }: SqlQuery) =>
      result(await new Session(outcomes, answer, 'ended').send(sql)),
    executeRaw: ({ sql }: SqlQuery) => new Session(outcomes, answer, 'ended').send(sql),
    executeScript: async () => {},
    dispose: async () => {},
    startTransaction: async (): Promise<Transaction> => {
      const session = new Session(outcomes, answer, 'open')
      // With a phantom query, Prisma itself sends COMMIT and ROLLBACK as statements before these.
      const end = async (sql: string): Promise<void> => {
        if (usePhantomQuery) await session.send(sql)
      }
      return {
        ...info,
        options: { usePhantomQuery },
        queryRaw: async ({ sql }: SqlQuery) => result(await session.send(sql)),
        executeRaw: ({ sql }: SqlQuery) => session.send(sql),
        commit: () => end('COMMIT'),
        rollback: () => end('ROLLBACK'),
      }
    },
  }
  return { ...info, connect: async () => autocommit }
}
