import type { Db, Session } from './session.ts'

/** A plan for an SQL text. */
export function statement(db: Db, sql: string): Parameters<Session['execute']>[0] {
  return db.raw
    .sql(Object.assign([sql], { raw: [sql] }))
    .affectedCount()
    .build()
}
