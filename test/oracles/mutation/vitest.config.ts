import { defineConfig } from 'vitest/config'

// A mutant must fail soon: fewer generated texts than in CI.
process.env['ORACLE_TEXTS'] ??= '3000'

/** The unit tests that a mutant of the row counters has to survive. */
export default defineConfig({
  test: {
    include: [
      'test/database/**/!(*.integration).test.ts',
      'test/oracles/sql/*.test.ts',
      'test/oracles/orders/*.test.ts',
      'test/exposition/cluster/workers.test.ts',
    ],
    exclude: ['**/*.integration.test.ts'],
    testTimeout: 30_000,
  },
})
