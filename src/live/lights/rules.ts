import type { LightRule } from './light.ts'
import { budgetRules } from './rules/budgets.ts'
import { connectionRules } from './rules/connections.ts'
import { instrumentationRules } from './rules/instrumentation.ts'
import { migrationRules } from './rules/migrations.ts'
import { operationRules } from './rules/operations.ts'
import { scopeRules } from './rules/scopes.ts'
import { transactionRules } from './rules/transactions.ts'

/** The rules of the shipped alerts that one process can evaluate. */
export const lightRules: readonly LightRule[] = [
  ...migrationRules,
  ...scopeRules,
  ...transactionRules,
  ...operationRules,
  ...connectionRules,
  ...budgetRules,
  ...instrumentationRules,
]
