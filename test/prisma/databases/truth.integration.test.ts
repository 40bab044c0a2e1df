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

const seeds = truthSeeds(1, 2)

describe.each((await runnableDatabases()).filter(({ name }) => dialects[name] !== undefined))(
  '$name',
  (kind) => {
    const dialect = dialects[kind.name] as Dialect
    test.each(seeds)('counts the rows that triggers saw (seed %i)', async (seed) => {
      const run = await checkTruth(kind, dialect, 'full', seed)
      expect([...run.failures]).toEqual(expect.arrayContaining(adversities))
    })

    test('counts the rows of operations without the adapter', async () => {
      const run = await checkTruth(kind, dialect, 'plain', seeds[0] as number)
      expect([...run.failures]).toEqual(expect.arrayContaining(adversities))
    })
  },
)
