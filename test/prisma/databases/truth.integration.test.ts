import { afterAll, describe, expect, test } from 'vitest'
import type { Dialect } from '../../truth/dialect.ts'
import { truthSeeds } from '../../truth/seeds.ts'
import { adversities, checkTruth } from './check-truth.ts'
import { mariadbDialect, sqliteDialect } from './dialects.ts'
import { runnableDatabases, stopMariadb } from './runnable.ts'

afterAll(stopMariadb)

const dialects: Readonly<Partial<Record<string, Dialect>>> = {
  MariaDB: mariadbDialect,
  SQLite: sqliteDialect,
}

describe.each((await runnableDatabases()).filter(({ name }) => dialects[name] !== undefined))(
  '$name',
  (kind) => {
    const dialect = dialects[kind.name] as Dialect
    test.each(truthSeeds(1, 2))(
      'counts the rows that triggers saw (seed %i)',
      { timeout: 300_000 },
      async (seed) => {
        const run = await checkTruth(kind, dialect, 'full', seed)
        expect([...run.failures]).toEqual(expect.arrayContaining(adversities))
      },
    )

    test.each(truthSeeds(1))(
      'counts the rows of operations without the adapter (seed %i)',
      { timeout: 300_000 },
      async (seed) => {
        const run = await checkTruth(kind, dialect, 'plain', seed)
        expect([...run.failures]).toEqual(expect.arrayContaining(adversities))
      },
    )
  },
)
