import { defineConfig } from 'vitest/config'

// A mutant must fail soon: fewer generated texts and programs than in CI.
process.env['ORACLE_TEXTS'] ??= '3000'
process.env['ORDER_PROGRAMS'] ??= '200'

export default defineConfig({
  test: {
    include: (process.env['MUTATION_TESTS'] ?? '').split(','),
    exclude: ['**/*.integration.test.ts'],
    testTimeout: 30_000,
  },
})
