import { clientCatalogue, expositionCatalogue, metricName } from '../../../metrics/catalogue.ts'
import { catalogueNamesIn, type Reading, readingOf } from '../../../live/record/reading.ts'
import { familyOf } from '../../collect/family-sources.ts'
import type { MetricFamily } from '../../collect/metric-family.ts'
import type { ExposableRegistry } from '../../collect/registry.ts'
import type { CoalescedScrapes } from '../coalesced-scrapes.ts'

/** How long a reading waits for its collectors, in seconds. */
const readSeconds = 5

interface Sources {
  readonly registries: readonly ExposableRegistry[]
  readonly prefix: string
  readonly scrapes: CoalescedScrapes
  /** Of the sum over all workers. */
  readonly sums: CoalescedScrapes | undefined
}

/** Reads the catalogue's metrics like a scrape does, without writing them as text. */
export async function readMetrics<T>(sources: Sources, use: (reading: Reading) => T): Promise<T> {
  const names = catalogueNames(sources)
  const { scrapes, sums } = sources
  const cycle = (sums ?? scrapes).join(readSeconds)
  try {
    const { families } = await cycle.gather(new Set(names.keys()), readSeconds)
    const summed = new Map<string, MetricFamily>()
    for (const { name, collected } of families) {
      if (collected.kind === 'family') continue
      // oxlint-disable-next-line no-await-in-loop -- in order, to hold little at a time
      summed.set(name, await familyOf(collected))
    }
    return use(readingOf(families, summed, names))
  } finally {
    cycle.leave()
  }
}

/** The exposed names of the catalogue's metrics; those of this process know their prefixes. */
function catalogueNames({ registries, prefix }: Sources): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const declaration of Object.values({ ...clientCatalogue, ...expositionCatalogue })) {
    names.set(metricName(declaration, prefix), declaration.name)
  }
  for (const registry of registries) catalogueNamesIn(registry.getMetricsAsArray(), names)
  return names
}
