import { expect, test } from 'vitest'
import { createDatabase } from '../../support/database/database.ts'
import { eachStep, truthSeeds } from '../../truth/seeds.ts'
import { checkTruth } from './check-truth.ts'

test.for(truthSeeds(1, 2, 3))(
  'counts the rows that the triggers of Postgres saw (TRUTH_SEED=%i)',
  { timeout: 300_000 },
  async (seed) => {
    await using database = await createDatabase('prisma_8')
    const run = await checkTruth(database, seed, eachStep)
    expect(run.size).toBeGreaterThan(300)
  },
)
