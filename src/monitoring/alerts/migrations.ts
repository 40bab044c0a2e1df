import { clientCatalogue } from '../../metrics/catalogue.ts'
import { largest, own } from '../annotations.ts'
import type { Promql } from '../promql.ts'
import type { AlertRule } from '../rule.ts'

export function migrationAlerts(promql: Promql): AlertRule[] {
  const inState = (state: string): string =>
    `max by (job, client) (${promql.select(clientCatalogue.migrations, `state="${state}"`)})`
  const { pendingMigrations } = promql.t
  const names = (state: string): string =>
    largest(
      `max by (migration) (${promql.select(clientCatalogue.migrationInfo, `${own},state="${state}"`)})`,
      ' [migration] is one of them.',
    )
  return [
    {
      alert: 'PrismaMigrationFailed',
      severity: 'critical',
      for: '1m',
      expr: `${inState('failed')} > 0`,
      summary: 'A migration of the database of {{ $labels.client }} has failed',
      description: `Migrations that started and did not finish: {{ $value }}. Later migrations are not applied.${names('failed')}`,
      dashboard: { name: 'overview' },
      reason:
        'Any. A failed migration must be repaired by hand. 1 minute, so that a running migration can finish.',
    },
    {
      alert: 'PrismaMigrationPending',
      severity: 'warning',
      for: '15m',
      expr: `${inState('pending')} > ${pendingMigrations}`,
      summary: 'The database of {{ $labels.client }} is behind the code',
      description: `Migrations of the code that are not applied to the database: {{ $value }}.${names('pending')}`,
      dashboard: { name: 'overview' },
      reason: `More than ${pendingMigrations} for 15 minutes, which is longer than a deployment takes to apply them.`,
    },
    {
      alert: 'PrismaContractOutOfSync',
      severity: 'warning',
      for: '15m',
      expr: `max by (job, client) (${promql.select(clientCatalogue.contractInSync)}) == 0`,
      summary: 'The database of {{ $labels.client }} is signed with another contract',
      description: 'No instance of the client uses the contract that the database is signed with.',
      dashboard: { name: 'overview' },
      reason: 'No instance for 15 minutes, which is longer than a deployment runs two versions.',
    },
  ]
}
