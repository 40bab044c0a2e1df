import type { Attributes } from '@opentelemetry/api'
import { defaultPrefix } from '../../metrics/catalogue.ts'
import { databaseSystems } from './semantic-conventions.ts'
import type { Snapshot } from '../snapshot.ts'

/**
 * The attributes of each client's database, from its `prisma_client_info` and the description of its
 * connections. A point must not get an attribute that its series did not have: receivers would add the
 * values of two series. So what is unknown at a client's first point stays unknown.
 */
export class DatabaseAttributes {
  readonly #known = new Map<string, Attributes>()
  readonly #exported = new Set<string>()

  /** Reads a collection. */
  update(families: readonly Snapshot[]): void {
    const found = new Map<string, Attributes>()
    for (const family of families) {
      if (!('series' in family)) continue
      for (const { labels, attributes = {} } of family.series) {
        const key = keyOf(this.prefixOf(family), labels['client'] ?? '')
        const before = found.get(key)
        if (family.catalogueName === 'prisma_client_info') {
          const system = databaseSystems[labels['provider'] ?? ''] ?? 'other_sql'
          found.set(key, { ...before, 'db.system.name': system })
        } else if (family.catalogueName === 'prisma_operations_in_flight') {
          found.set(key, { ...before, ...defined(attributes) })
        }
      }
    }
    for (const [key, attributes] of found) {
      const known = this.#known.get(key)
      const kept = this.#exported.has(key)
        ? Object.entries(attributes).filter(([name]) => known !== undefined && name in known)
        : Object.entries(attributes)
      this.#known.set(key, Object.fromEntries(kept))
    }
  }

  /** The prefix of an instrumentation, as one of its families shows it. */
  prefixOf({ name, catalogueName = '' }: Pick<Snapshot, 'name' | 'catalogueName'>): string {
    return name.slice(0, name.length - (catalogueName.length - defaultPrefix.length))
  }

  of(prefix: string, client: string): Attributes {
    const key = keyOf(prefix, client)
    this.#exported.add(key)
    return { 'db.system.name': 'other_sql', ...this.#known.get(key) }
  }
}

function defined(attributes: Readonly<Record<string, string | number | undefined>>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}

function keyOf(prefix: string, client: string): string {
  return `${prefix} ${client}`
}
