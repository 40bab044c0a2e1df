import { instrumentedRegistries, trackersOf } from '../../metrics/scope-trackers.ts'
import { codedError } from '../../support/coded-error.ts'
import { warnOnce } from '../../support/warn-once.ts'

const warn = warnOnce(
  'prisma-prometheus: the metrics of the Prisma clients are missing from the scrapes',
)

/**
 * Warns once if these registries hold no instrumentation, but registries of another copy of
 * prom-client do: a scrape would have no `prisma_` metrics and no error.
 */
export function warnAboutOtherCopy(registries: readonly object[]): void {
  if (registries.some((registry) => trackersOf(registry).length > 0)) return
  const copies = new Set(registries.map((registry) => registry.constructor))
  const elsewhere = instrumentedRegistries().some(
    (registry) => trackersOf(registry).length > 0 && !copies.has(registry.constructor),
  )
  if (!elsewhere) return
  warn(
    codedError(
      'PRISMA_PROMETHEUS_OTHER_LIBRARY_COPY',
      'expected the registry of the instrumented clients, got one of another copy of prom-client; npm ls prom-client lists the copies: install one, or pass the same registry to prismaMetrics and exposeMetrics',
    ),
  )
}
