import postgres, { type PostgresClient } from '@prisma/orm-postgres/runtime'
import { Pool } from 'pg'
import { expectTypeOf, test } from 'vitest'
import { prismaMetrics, type TypeMap } from '../../../src/prisma-8.ts'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'
import contractJson from '../../fixtures/prisma-8/contract.json' with { type: 'json' }

type Db = PostgresClient<Contract>
const metrics = prismaMetrics<TypeMap<Db>>()

test('types the events of a model by the contract', () => {
  metrics.on('User', 'create', ({ model, operation, args, result }) => {
    expectTypeOf(model).toEqualTypeOf<'User'>()
    expectTypeOf(operation).toEqualTypeOf<'create'>()
    expectTypeOf(args[0].email).toEqualTypeOf<string>()
    expectTypeOf(result.score).toEqualTypeOf<number | undefined>()
  })
  metrics.on('User', 'updateAll', ({ result }) => {
    expectTypeOf(result[0]?.email).toEqualTypeOf<string | undefined>()
  })
  metrics.on('archive.Note', 'createAndCount', ({ result }) => {
    expectTypeOf(result).toEqualTypeOf<number>()
  })
})

test('refuses models and operations that the contract does not have', () => {
  // @ts-expect-error: no such model
  metrics.on('Users', 'create', () => {})
  // @ts-expect-error: no such operation
  metrics.on('User', 'createMany', () => {})
})

test('keeps the types of the pool and of the client', () => {
  const pool = metrics.pool(new Pool())
  expectTypeOf(pool).toEqualTypeOf<Pool>()
  const db = metrics.instrument(
    postgres<Contract>({ contractJson, pg: pool, middleware: [metrics.middleware] }),
  )
  expectTypeOf(db).toEqualTypeOf<Db>()
})
