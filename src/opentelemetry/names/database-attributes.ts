import type { Attributes } from '@opentelemetry/api'
import { defaultPrefix } from '../../metrics/catalogue.ts'
import { databaseSystems } from './semantic-conventions.ts'
import type { Snapshot } from '../snapshot.ts'

/** The attributes of each client's database, from its `prisma_client_info`. */
export class DatabaseAttributes {
  readonly #byClient = new Map<string, Attributes>()

  constructor(families: readonly Snapshot[]) {
    for (const family of families) {
      if (family.catalogueName !== 'prisma_client_info' || !('series' in family)) continue
      const prefix = this.prefixOf(family)
      for (const { labels } of family.series) {
        const system = databaseSystems[labels['provider'] ?? ''] ?? 'other_sql'
        this.#byClient.set(keyOf(prefix, labels['client'] ?? ''), { 'db.system.name': system })
      }
    }
  }

  /** The prefix of an instrumentation, as one of its families shows it. */
  prefixOf({ name, catalogueName = '' }: Pick<Snapshot, 'name' | 'catalogueName'>): string {
    return name.slice(0, name.length - (catalogueName.length - defaultPrefix.length))
  }

  of(prefix: string, client: string): Attributes {
    return this.#byClient.get(keyOf(prefix, client)) ?? { 'db.system.name': 'other_sql' }
  }
}

function keyOf(prefix: string, client: string): string {
  return `${prefix} ${client}`
}
