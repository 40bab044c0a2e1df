import * as promClient from 'prom-client'
import { metricsResponse } from '../../src/index.ts'
import { type MetricsLibrary, ourRegistry, registryOf } from './registries.ts'

/** One way to write the body of a registry. */
export interface Contender {
  readonly name: string
  /** Resolves when the body is complete. */
  scrape(): Promise<unknown>
}

const [major = 0] = process.versions.node.split('.').map(Number)

/**
 * The contenders on this Node: `@prometheus-io/client` needs Node 22.
 *
 * @param only the index of a single contender; default: all
 */
export async function contendersFor(lines: number, only?: number): Promise<Contender[]> {
  const libraries: [name: string, library: MetricsLibrary][] = [['prom-client', promClient]]
  if (major >= 22) {
    const successor: unknown = await import('@prometheus-io/client')
    libraries.push(['@prometheus-io/client', successor as MetricsLibrary])
  }
  const makers = [
    (): Contender => ({
      name: 'exposeMetrics, our metrics',
      scrape: scraping(ourRegistry(lines)),
    }),
    // The headers of Prometheus.
    (): Contender => ({
      name: 'exposeMetrics, our metrics, gzip',
      scrape: scraping(ourRegistry(lines), 'gzip'),
    }),
    ...libraries.flatMap(([name, library]) => {
      let registry: promClient.Registry | undefined
      const shared = (): promClient.Registry => (registry ??= registryOf(library, lines))
      return [
        (): Contender => ({
          name: `exposeMetrics, metrics of ${name}`,
          scrape: scraping(shared()),
        }),
        (): Contender => {
          const theirs = shared()
          return { name: `register.metrics() of ${name}`, scrape: () => theirs.metrics() }
        },
      ]
    }),
  ]
  const wanted = only === undefined ? makers : makers.slice(only, only + 1)
  return wanted.map((make) => make())
}

function scraping(registry: promClient.Registry, coding?: 'gzip'): () => Promise<unknown> {
  const options = { registry, compression: coding === undefined ? false : [coding] } as const
  const headers = { 'accept-encoding': coding ?? 'identity' }
  return () => metricsResponse(new Request('http://127.0.0.1/metrics', { headers }), options)
}
