import { expect, test } from 'vitest'
import type { Dialect } from '../../truth/dialect.ts'
import { postgres as postgresDialect } from '../../truth/postgres.ts'
import { truthSeeds } from '../../truth/seeds.ts'
import { adversities, checkTruth } from './check-truth.ts'
import { createPglite } from './pglite.ts'
import { postgres, type RunnableDatabase } from './runnable.ts'

const kind: RunnableDatabase = {
  ...postgres,
  name: 'PGlite',
  pool: undefined,
  create: createPglite,
}

// Its one connection is in this process: it cannot be lost.
const dialect: Dialect = { ...postgresDialect, endOwnConnection: undefined }

test.each(truthSeeds(1))(
  'PGlite: counts the rows that triggers saw (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    const run = await checkTruth(kind, dialect, 'full', seed)
    expect([...run.failures]).toEqual(expect.arrayContaining(adversities))
  },
)
