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

/** `@prometheus-io/client` says that it needs Node 22. */
export const hasSuccessor = major >= 22

export async function contendersFor(lines: number): Promise<Contender[]> {
  const libraries: [name: string, library: MetricsLibrary][] = [['prom-client', promClient]]
  if (hasSuccessor) {
    const successor: unknown = await import('@prometheus-io/client')
    libraries.push(['@prometheus-io/client', successor as MetricsLibrary])
  }
  const contenders: Contender[] = [
    { name: 'exposeMetrics, our metrics', scrape: scraping(ourRegistry(lines)) },
  ]
  for (const [name, library] of libraries) {
    const registry = registryOf(library, lines)
    contenders.push(
      { name: `exposeMetrics, metrics of ${name}`, scrape: scraping(registry) },
      { name: `register.metrics() of ${name}`, scrape: () => registry.metrics() },
    )
  }
  return contenders
}

function scraping(registry: promClient.Registry): () => Promise<unknown> {
  const options = { registry, compression: false } as const
  return () => metricsResponse(new Request('http://127.0.0.1/metrics'), options)
}
