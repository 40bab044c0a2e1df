import { orm } from '@prisma/orm-postgres/orm-client'
import { PostgresRuntimeImpl } from '@prisma/orm-postgres/runtime'
import type { Pool } from 'pg'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'
import type { Db, Session } from './session.ts'

/**
 * A runtime whose driver reads through cursors, as that of `@prisma/orm-postgres/serverless` does: each
 * query outside a transaction is a BEGIN, a cursor and a COMMIT.
 */
export class StreamingRuntime extends PostgresRuntimeImpl<Contract> {
  /** A connection below Prisma's middleware. */
  rawConnection(): ReturnType<StreamingRuntime['acquireRawConnection']> {
    return this.acquireRawConnection()
  }

  get session(): Session {
    return {
      orm: this.orm,
      query: (plan, options) => this.query(plan, options),
      execute: (plan, options) => this.execute(plan, options),
      observed: false,
      target: this,
    }
  }

  declare private orm: Db['orm']

  static async connect(
    db: Db,
    pool: Pool,
    middleware: NonNullable<ConstructorParameters<typeof PostgresRuntimeImpl>[0]['middleware']>,
  ): Promise<StreamingRuntime> {
    const { stack, context } = db
    if (stack.driver === undefined) throw new Error('expected a stack with a driver')
    const driver = stack.driver.create()
    await driver.connect({ kind: 'pgPool', pool })
    const adapter = stack.adapter.create(stack)
    const runtime = new StreamingRuntime({ context, adapter, driver, middleware })
    runtime.orm = orm({ runtime, context })
    return runtime
  }
}
