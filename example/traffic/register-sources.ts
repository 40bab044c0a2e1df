import type { ApiClient } from './api-client.ts'

export const workspaces = ['acme', 'globex', 'initech'] as const

const sources = [
  { name: 'orders', kind: 'postgres' },
  { name: 'payments', kind: 'postgres' },
  { name: 'clicks', kind: 'kafka' },
  { name: 'invoices', kind: 's3' },
]

interface Workspace {
  readonly dataSources: readonly { readonly id: string }[]
}

/** Registers data sources, also on a database that was used before. */
export async function registerSources(api: ApiClient): Promise<void> {
  for (const slug of workspaces) {
    await api.send('PUT', `/workspaces/${slug}`, { name: slug.toUpperCase() })
    await api.send('POST', `/workspaces/${slug}/import`, sources)
  }
  const registered = (await api.send<Workspace[]>('GET', '/workspaces')) ?? []
  api.sourceIds.push(
    ...registered.flatMap(({ dataSources }) => dataSources.map((source) => source.id)),
  )
}
