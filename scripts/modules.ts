/** One module of `src/`: a folder (its name ends in a slash), or a file that stands alone. */
export interface Module {
  /** What it is for, as a page says it. */
  readonly purpose: string
  /** Other modules that it may import, types included. */
  readonly imports: readonly string[]
  /** Packages and Node modules that it may import, types included. */
  readonly packages: readonly string[]
}

/**
 * The modules of `src/`, lowest first: a module imports only from modules above it in this table.
 * `test/repository/modules.test.ts` enforces it, and `npm run tables` writes it into
 * `docs/architecture.md`.
 */
export const modules: Readonly<Record<string, Module>> = {
  'support/': {
    purpose: 'validation, timers, warnings, trace context: each needed by several modules',
    imports: [],
    packages: [],
  },
  'metrics/': {
    purpose:
      "the catalogue, its instruments on a registry, counters, gauges, histograms, the error reporter, the event loop's delay; knows neither Prisma nor HTTP",
    imports: ['support/'],
    packages: ['node:async_hooks', 'node:perf_hooks'],
  },
  'database/': {
    purpose:
      'operations, statements, SQL texts, transactions, pending rows and pools: what every Prisma version shares',
    imports: ['support/', 'metrics/'],
    packages: ['node:async_hooks'],
  },
  'events/': {
    purpose:
      'event handlers, gauges read from the database, scopes, N+1 detection, slow operations; knows no Prisma version',
    imports: ['support/', 'metrics/', 'database/'],
    packages: ['node:assert', 'node:async_hooks', 'node:util'],
  },
  'prisma/': {
    purpose:
      'the only module that knows Prisma 7: the extension, `$transaction`, the adapter wrapper, migrations; `internals.ts` alone touches its private side',
    imports: ['support/', 'metrics/', 'database/'],
    packages: ['node:async_hooks', 'node:fs/promises'],
  },
  'prisma-8/': {
    purpose:
      'the only module that knows Prisma 8: plans and contracts, collections and runtimes, the connections of Postgres and SQLite, migrations; imports nothing of Prisma 8',
    imports: ['support/', 'metrics/', 'database/'],
    packages: ['node:fs/promises', 'node:path'],
  },
  'options.ts': {
    purpose: 'the options of `prismaMetrics`',
    imports: ['support/', 'metrics/', 'database/', 'events/'],
    packages: [],
  },
  'http/': {
    purpose:
      "the application's requests: their metrics, scopes and route templates; knows no exposition",
    imports: ['support/', 'metrics/'],
    packages: ['node:http', 'node:http2', 'node:net', 'node:stream'],
  },
  'exposition/collect/': {
    purpose: 'what is in the registries: in-flight collections, aggregation, prom-client internals',
    imports: ['support/', 'metrics/'],
    packages: [],
  },
  'exposition/format/': {
    purpose: 'negotiation, content codings, and one encoder per exposition format',
    imports: ['support/', 'metrics/', 'exposition/collect/'],
    packages: ['node:events', 'node:stream', 'node:stream/promises', 'node:zlib'],
  },
  'exposition/cluster/': {
    purpose: 'one scrape for all workers of `node:cluster` or all threads',
    imports: ['support/', 'metrics/', 'exposition/collect/'],
    packages: ['node:cluster', 'node:worker_threads'],
  },
  'monitoring/': {
    purpose: 'recording rules, alerts, dashboards and their thresholds, by the catalogue',
    imports: ['metrics/'],
    packages: [],
  },
  'check/': {
    purpose: 'reads an endpoint and reports what is wrong with it',
    imports: ['metrics/'],
    packages: ['node:buffer'],
  },
  'live/': {
    purpose:
      'the live page: samples the metrics while somebody reads, evaluates the alerts, and renders HTML, text and events',
    imports: ['support/', 'metrics/', 'exposition/collect/', 'monitoring/', 'check/'],
    packages: ['node:crypto', 'node:fs/promises', 'node:net', 'node:path'],
  },
  'exposition/endpoint/': {
    purpose: '`exposeMetrics` and `metricsResponse`: options, access, coalesced scrapes',
    imports: [
      'support/',
      'metrics/',
      'http/',
      'exposition/collect/',
      'exposition/format/',
      'exposition/cluster/',
      'live/',
    ],
    packages: [
      'node:crypto',
      'node:events',
      'node:http',
      'node:http2',
      'node:net',
      'node:stream',
      'node:stream/promises',
      'node:zlib',
      'node:util',
    ],
  },
  'exposition/textfile/': {
    purpose: '`writeMetrics`: a text file for node_exporter',
    imports: [
      'support/',
      'metrics/',
      'exposition/collect/',
      'exposition/format/',
      'exposition/endpoint/',
    ],
    packages: ['node:crypto', 'node:fs/promises'],
  },
  'opentelemetry/': {
    purpose:
      '`prisma-prometheus/opentelemetry`: the registry as a `MetricProducer`, and `flush`; `reader-internals.ts` alone touches the private side of a reader',
    imports: ['support/', 'metrics/', 'exposition/collect/', 'exposition/endpoint/'],
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/sdk-metrics',
      'node:async_hooks',
      'prom-client',
    ],
  },
  'legacy/': {
    purpose: "Prisma 6's `$metrics`; knows nothing of Prisma 7",
    imports: ['support/', 'metrics/', 'exposition/format/'],
    packages: [],
  },
  'instrumentation.ts': {
    purpose: 'the parts of an instrumentation that do not depend on the version of Prisma',
    imports: ['metrics/', 'database/', 'options.ts'],
    packages: [],
  },
  'prisma-metrics.ts': {
    purpose: 'puts one instrumentation together',
    imports: [
      'support/',
      'metrics/',
      'database/',
      'prisma/',
      'events/',
      'options.ts',
      'legacy/',
      'instrumentation.ts',
    ],
    packages: [],
  },
  'prisma-8-metrics.ts': {
    purpose: 'puts one instrumentation of Prisma 8 together',
    imports: [
      'support/',
      'metrics/',
      'database/',
      'events/',
      'prisma-8/',
      'options.ts',
      'instrumentation.ts',
    ],
    packages: [],
  },
  'cli/': {
    purpose: '`npx prisma-prometheus`',
    imports: ['support/', 'metrics/', 'monitoring/', 'check/'],
    packages: ['node:fs/promises', 'node:path', 'node:util'],
  },
  'testing/': {
    purpose: "`prisma-prometheus/testing`: helpers for an application's tests",
    imports: ['support/', 'metrics/'],
    packages: ['node:assert'],
  },
  'shared-types.ts': {
    purpose: 'the public types of both entry points',
    imports: ['metrics/', 'database/', 'events/', 'exposition/collect/', 'exposition/endpoint/'],
    packages: [],
  },
  'prisma-8.ts': {
    purpose: '`prisma-prometheus/prisma-8`: the public names for Prisma 8',
    imports: ['shared-types.ts', 'exposition/endpoint/', 'prisma-8/', 'prisma-8-metrics.ts'],
    packages: [],
  },
  'index.ts': {
    purpose: 'the public names',
    imports: [
      'shared-types.ts',
      'prisma/',
      'options.ts',
      'http/',
      'exposition/endpoint/',
      'exposition/textfile/',
      'legacy/',
      'prisma-metrics.ts',
    ],
    packages: [],
  },
}
