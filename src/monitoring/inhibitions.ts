import type { Yaml } from './yaml.ts'

/** While one of the causes fires, Alertmanager does not notify of its symptoms. */
export interface Inhibition {
  readonly causes: readonly string[]
  readonly symptoms: readonly string[]
  /** Labels that cause and symptom have in common. */
  readonly equal: readonly string[]
  /** A regular expression for the `code` of the symptoms; alerts with another one are notified. */
  readonly codes?: string
}

const slow = [
  'PrismaLatencyBudgetBurn',
  'PrismaPoolWaiting',
  'PrismaSlowOperations',
  'PrismaSlowerThanBefore',
  'PrismaTransactionWaiting',
]

const failing = ['PrismaErrorBudgetBurn', 'PrismaJobFailing', 'PrismaRollbackRatio']

/** Alerts by cause: the symptoms are true, but they point at the wrong part. */
export const inhibitions: readonly Inhibition[] = [
  {
    // All timers and sockets of the process are late, so everything seems slow or times out.
    causes: ['PrismaEventLoopBlocked'],
    symptoms: [
      ...slow,
      ...failing,
      'PrismaCollectErrors',
      'PrismaConnectionFailures',
      'PrismaGaugeFailing',
      'PrismaIdleInTransaction',
      'PrismaLongTransactions',
      'PrismaPoolExhausted',
      'PrismaRouteFailing',
      'PrismaTransactionsTimedOut',
    ],
    equal: ['job'],
  },
  {
    causes: ['PrismaPoolExhausted'],
    symptoms: [...slow, ...failing, 'PrismaGaugeFailing'],
    equal: ['job', 'client'],
  },
  {
    // Codes of an operation that got no connection in time, if the driver throws an error of its own.
    causes: ['PrismaPoolExhausted'],
    symptoms: ['PrismaOperationFailing'],
    equal: ['job', 'client'],
    codes: 'P2036|unknown',
  },
  {
    causes: ['PrismaConnectionFailures'],
    symptoms: [
      ...slow,
      ...failing,
      'PrismaConnectionChurn',
      'PrismaOperationFailing',
      'PrismaGaugeFailing',
      'PrismaPoolExhausted',
      'PrismaRowsRolledBack',
      'PrismaTransactionsTimedOut',
    ],
    equal: ['job', 'client'],
  },
  {
    causes: ['PrismaMigrationFailed', 'PrismaMigrationPending'],
    symptoms: [...failing, 'PrismaGaugeFailing', 'PrismaOperationFailing', 'PrismaRowsRolledBack'],
    equal: ['job', 'client'],
  },
  {
    // Requests have no client.
    causes: ['PrismaConnectionFailures', 'PrismaMigrationFailed', 'PrismaPoolExhausted'],
    symptoms: ['PrismaRouteFailing'],
    equal: ['job'],
  },
]

/** The part `inhibit_rules` of Alertmanager's configuration. */
export function inhibitionRules(): { readonly inhibit_rules: readonly Yaml[] } {
  return {
    inhibit_rules: inhibitions.map(({ causes, symptoms, equal, codes }) => ({
      source_matchers: [oneOf(causes)],
      target_matchers: [oneOf(symptoms), ...(codes === undefined ? [] : [`code=~"${codes}"`])],
      equal,
    })),
  }
}

/** The inhibition rules as a resource of prometheus-operator. */
export function inhibitionResource(): Yaml {
  return {
    apiVersion: 'monitoring.coreos.com/v1alpha1',
    kind: 'AlertmanagerConfig',
    metadata: { name: 'prisma', labels: { 'app.kubernetes.io/name': 'prisma-prometheus' } },
    spec: {
      inhibitRules: inhibitions.map(({ causes, symptoms, equal, codes }) => ({
        sourceMatch: [match('alertname', causes.join('|'))],
        targetMatch: [
          match('alertname', symptoms.join('|')),
          ...(codes === undefined ? [] : [match('code', codes)]),
        ],
        equal,
      })),
    },
  }
}

function oneOf(names: readonly string[]): string {
  return `alertname=~"${names.join('|')}"`
}

function match(name: string, value: string): Yaml {
  return { name, matchType: '=~', value }
}
