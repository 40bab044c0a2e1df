import type { PostgresClient } from '@prisma/orm-postgres/runtime'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'

export type Db = PostgresClient<Contract>
type Runtime = ReturnType<Db['runtime']>
export type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0]

/** Where operations run: a client, a transaction of it, or a runtime of its own. */
export interface Session {
  readonly orm: Db['orm']
  readonly query: Runtime['query']
  readonly execute: Runtime['execute']
  /** False for a client that `metrics.instrument` has not wrapped. */
  readonly observed: boolean
  /** What prepared statements run on. */
  readonly target: Pick<Runtime, 'query' | 'execute'>
}

/** The session that commits each operation by itself. */
export function sessionOf(db: Db): Session {
  return sessionOn(db.orm, db.runtime())
}

/** The session of a transaction. */
export function sessionIn(tx: Transaction): Session {
  return sessionOn(tx.orm, tx)
}

function sessionOn(orm: Db['orm'], target: Session['target']): Session {
  return {
    orm,
    query: (plan, options) => target.query(plan, options),
    execute: (plan, options) => target.execute(plan, options),
    observed: true,
    target,
  }
}
