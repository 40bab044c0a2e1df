import { defineConfig } from 'vitest/config'

// A mutant must fail soon: fewer generated texts than in CI.
process.env['ORACLE_TEXTS'] ??= '3000'

export default defineConfig({
  test: {
    include: (process.env['MUTATION_TESTS'] ?? '').split(','),
    exclude: ['**/*.integration.test.ts'],
    testTimeout: 30_000,
  },
})
