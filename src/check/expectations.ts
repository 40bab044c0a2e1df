import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  metricName,
} from '../metrics/catalogue.ts'
import { details, keptAt } from '../metrics/detail.ts'
import type { Finding, FindingCode } from './finding.ts'
import type { Scrape, ScrapedSample } from './scrape.ts'

/** Checks the metrics of this package: missing ones, and errors that they count. */
export function checkExpectations(scrape: Scrape, prefix: string): Finding[] {
  const samplesOf = (declaration: MetricDeclaration): readonly ScrapedSample[] =>
    scrape.families.get(metricName(declaration, prefix))?.samples ?? []
  const clients = samplesOf(clientCatalogue.clientInfo)
  if (clients.length === 0) {
    const info = metricName(clientCatalogue.clientInfo, prefix)
    const isOurs = Object.values(expositionCatalogue).some((declaration) =>
      scrape.families.has(metricName(declaration, prefix)),
    )
    return [isOurs ? otherRegistry(info) : notInstrumented(info)]
  }
  return [
    ...clients.flatMap(({ labels }) => checkClient(labels, samplesOf)),
    ...samplesOf(clientCatalogue.contractInSync).flatMap(checkContract),
    ...troubles.flatMap(({ declaration, code, text, advice }) =>
      samplesOf(declaration)
        .filter(({ value }) => value > 0)
        .map(({ labels, value }): Finding => ({
          code,
          level: 'warning',
          text: `${text(labels)}: ${value} times`,
          advice,
        })),
    ),
    ...checkTypes(scrape, prefix),
    ...checkPresence(scrape, prefix),
  ]
}

/** The endpoint is this package's, so that the clients are missing from its registry only. */
function otherRegistry(info: string): Finding {
  return {
    code: 'other-registry',
    level: 'error',
    text: `no ${info}, although exposeMetrics answers: the instrumented clients are in another registry, or in that of another copy of prom-client`,
    advice:
      'npm ls prom-client lists the copies: install one, and pass the same registry to prismaMetrics and exposeMetrics',
  }
}

function notInstrumented(info: string): Finding {
  return {
    code: 'not-instrumented',
    level: 'error',
    text: `no ${info}: no client is instrumented here`,
    advice:
      'serve the registry that prismaMetrics registers in; pass --prefix if its prefix is not prisma_',
  }
}

/** Parts of the catalogue that a scrape holds as a whole, if only as HELP and TYPE, or lacks. */
const parts: readonly {
  readonly catalogue: Readonly<Record<string, MetricDeclaration>>
  readonly level: Finding['level']
  readonly advice: string
}[] = [
  {
    catalogue: clientCatalogue,
    level: 'warning',
    advice: 'look for a filter (?name[]=…, a proxy) or for another version of prisma-prometheus',
  },
  {
    catalogue: httpCatalogue,
    level: 'note',
    advice: 'requests are measured if exposeMetrics wraps their handler: exposeMetrics(app)',
  },
  {
    catalogue: expositionCatalogue,
    level: 'note',
    advice: 'exposeMetrics and metricsResponse expose them; something else answered',
  },
]

function checkPresence(scrape: Scrape, prefix: string): Finding[] {
  return parts.flatMap(({ catalogue, level, advice }): Finding[] => {
    const absent = Object.values(catalogue).filter(
      (declaration) => !scrape.families.has(metricName(declaration, prefix)),
    )
    // The option `detail` leaves out metrics on purpose.
    if (details.some((detail) => absent.every((one) => keptAt(detail, one) === undefined)))
      return []
    const missing = absent.map((declaration) => metricName(declaration, prefix))
    const named = missing.slice(0, 3).join(', ')
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
    return [
      {
        code: 'missing-metrics',
        level,
        text: `metrics of the catalogue are missing: ${named}${more}`,
        advice,
      },
    ]
  })
}

type Labels = Readonly<Record<string, string>>

function checkClient(
  { client = '', client_version: version = '', row_source: rowSource }: Labels,
  samplesOf: (declaration: MetricDeclaration) => readonly ScrapedSample[],
): Finding[] {
  const has = (declaration: MetricDeclaration): boolean =>
    samplesOf(declaration).some(({ labels }) => labels['client'] === client)
  const advice = version.startsWith('8') ? adviceOnPrisma8 : adviceOnPrisma7
  const findings: Finding[] = []
  if (rowSource === 'none') {
    findings.push({
      code: 'pool-not-instrumented',
      level: 'warning',
      text: `client ${client}: no pool is instrumented, so rows, statements and transactions are not measured`,
      advice: 'postgres({ pg: metrics.pool(new Pool(…)), … })',
    })
  }
  if (rowSource === 'operations') {
    findings.push({
      code: 'adapter-not-wrapped',
      level: 'warning',
      text: `client ${client}: the adapter is not wrapped, so nested writes, raw SQL, transactions and the pool are not measured`,
      advice: 'new PrismaClient({ adapter: metrics.adapter(new PrismaPg(…)) })',
    })
  }
  if (!has(clientCatalogue.operationDuration)) {
    findings.push({
      code: 'no-operations',
      level:
        rowSource === 'statements' && has(clientCatalogue.statementDuration) ? 'warning' : 'note',
      text: `client ${client}: no operations`,
      advice: advice.noOperations,
    })
  }
  if (rowSource === 'statements' && !has(clientCatalogue.poolConnectionsMax)) {
    findings.push({
      code: 'no-pool',
      level: 'note',
      text: `client ${client}: no pool metrics`,
      advice: 'the driver has no pool (SQLite) or does not expose it, or it has not connected yet',
    })
  }
  if (rowSource === 'statements' && !has(clientCatalogue.migrations)) {
    findings.push({
      code: 'no-migrations',
      level: 'note',
      text: `client ${client}: no migration metrics`,
      advice: advice.noMigrations,
    })
  }
  return findings
}

interface Advice {
  readonly noOperations: string
  readonly noMigrations: string
}

const adviceOnPrisma7: Advice = {
  noOperations:
    'use the client that metrics.instrument(client) returns, or wait for the first query',
  noMigrations: 'set migrations.directory to count pending migrations too',
}

const adviceOnPrisma8: Advice = {
  noOperations: 'use the client that metrics.instrument(db) returns, or wait for the first query',
  noMigrations: 'the database has no prisma_contract.ledger: Prisma 8 has not migrated it',
}

function checkContract({ labels: { client }, value }: ScrapedSample): Finding[] {
  if (value !== 0) return []
  return [
    {
      code: 'contract-out-of-sync',
      level: 'warning',
      text: `client ${client}: the database is signed with another contract`,
      advice: 'migrate the database, or deploy the code that it was migrated for',
    },
  ]
}

/** Counters that should not move. */
const troubles: readonly {
  readonly declaration: MetricDeclaration
  readonly code: FindingCode
  readonly text: (labels: Labels) => string
  readonly advice: string
}[] = [
  {
    declaration: clientCatalogue.seriesDropped,
    code: 'series-dropped',
    text: ({ metric }) =>
      `${metric} has reached maxSeries label sets and folds further ones into $other`,
    advice: 'look for label values that are generated at run time',
  },
  {
    declaration: clientCatalogue.instrumentationErrors,
    code: 'instrumentation-errors',
    text: ({ client }) => `the instrumentation of ${client} failed`,
    advice: 'see what onError receives',
  },
  {
    declaration: clientCatalogue.eventHandlerErrors,
    code: 'handler-errors',
    text: ({ model, operation }) => `a handler of ${model}.${operation} failed`,
    advice: 'see what onError receives',
  },
  {
    declaration: clientCatalogue.readingErrors,
    code: 'reading-errors',
    text: ({ gauge }) => `the gauge ${gauge} could not be read`,
    advice: 'see what onError receives',
  },
]

/** Metrics of the catalogue that something else has registered under another type. */
function checkTypes(scrape: Scrape, prefix: string): Finding[] {
  return Object.values<MetricDeclaration>(clientCatalogue).flatMap((declaration): Finding[] => {
    const name = metricName(declaration, prefix)
    const family = scrape.families.get(name)
    return family === undefined || family.type === declaration.type
      ? []
      : [
          {
            code: 'wrong-type',
            level: 'error',
            text: `${name}: expected a ${declaration.type}, got a ${family.type}`,
          },
        ]
  })
}
