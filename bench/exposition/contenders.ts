import * as promClient from 'prom-client'
import { metricsResponse } from '../../src/index.ts'
import { type MetricsLibrary, ourRegistry, registryOf } from './registries.ts'

/** One way from a registry to a body. */
export interface Contender {
  readonly name: string
  /** Resolves when the whole body is there. */
  scrape(): Promise<unknown>
}

const [major = 0] = process.versions.node.split('.').map(Number)

/**
 * The ways there are on this Node: `@prometheus-io/client` says that it needs Node 22.
 *
 * @param only the index of the one to make; all where it is not given
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
    // What Prometheus asks for.
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
