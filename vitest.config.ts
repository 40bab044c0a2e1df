import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Half of the time the tests wait for a database, so two share even a single core.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          // No `exclude` here: it would override --exclude of the command line. test/docs/generated
          // holds the tests of the pages, which other runners run.
          include: [
            'test/!(*.integration).test.ts',
            'test/!(docs)/**/!(*.integration).test.ts',
            'test/docs/!(*.integration).test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          typecheck: { enabled: true, include: ['test/**/*.test-d.ts'] },
        },
      },
      {
        test: {
          name: 'integration',
          include: [
            'test/!(monitoring)/**/*.integration.test.ts',
            'test/monitoring/!(stack).integration.test.ts',
          ],
          globalSetup: 'test/support/database/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // After all others, alone: an application, its traffic, Prometheus and Alertmanager need the
          // whole machine, or windows of seconds pass without a sample.
          name: 'stack',
          include: ['test/monitoring/stack.integration.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
