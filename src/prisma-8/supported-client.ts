import { expectThat, isObject } from '../support/validate.ts'
import type { Contract } from './plans/plan.ts'

/** The parts of a client of Prisma 8 that are instrumented. */
interface SupportedClient {
  readonly target: 'postgres' | 'sqlite'
  readonly stack: object
}

/** @throws {TypeError} for another value, an unsupported database, or an option that it does not have. */
export function supportedClient(db: unknown, exactUpserts: boolean): SupportedClient {
  const { contract, stack } = (db ?? {}) as { contract?: unknown; stack?: unknown }
  expectThat(
    'metrics.instrument(db)',
    isObject(contract) && isObject(stack),
    'a client of Prisma 8, such as postgres({ … })',
    db,
  )
  const { target } = contract as Contract
  expectThat(
    'metrics.instrument(db): the target of its contract',
    target === 'postgres' || target === 'sqlite',
    'postgres or sqlite, which are supported',
    target,
  )
  expectThat(
    'exactUpserts',
    !exactUpserts || target === 'postgres',
    'false for SQLite, which does not report it',
    exactUpserts,
  )
  return { target, stack }
}
