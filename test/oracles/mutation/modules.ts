/** Source files that are mutated together, with the unit tests that must fail for each mutant. */
export interface MutatedModule {
  readonly name: string
  readonly files: readonly string[]
  readonly tests: readonly string[]
}

const statements = ['test/database/statements/*.test.ts', 'test/oracles/orders/*.test.ts']
const operations = ['test/database/operations/*.test.ts']

/** The modules that decide which rows and effects count as committed, the most important first. */
export const mutatedModules: readonly MutatedModule[] = [
  {
    name: 'pending-rows',
    files: ['src/database/statements/pending-rows.ts', 'src/database/statements/savepoints.ts'],
    tests: statements,
  },
  {
    name: 'statement-recorders',
    files: [
      'src/database/statements/transaction-recorder.ts',
      'src/database/statements/statement-recorder.ts',
    ],
    tests: statements,
  },
  {
    name: 'transaction-scopes',
    files: [
      'src/database/operations/transaction-scope.ts',
      'src/database/operations/transaction-scopes.ts',
    ],
    tests: operations,
  },
  {
    name: 'operation-recorder',
    files: ['src/database/operations/operation-recorder.ts'],
    tests: operations,
  },
  {
    name: 'cluster-sums',
    files: ['src/exposition/cluster/sum.ts', 'src/exposition/collect/aggregate.ts'],
    tests: ['test/exposition/cluster/sum.test.ts', 'test/exposition/collect/aggregate.test.ts'],
  },
  {
    name: 'sql',
    files: ['src/database/sql/*.ts'],
    tests: ['test/database/sql/*.test.ts', 'test/oracles/sql/*.test.ts'],
  },
]
