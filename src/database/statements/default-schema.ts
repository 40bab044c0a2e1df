import type { SqlDriverAdapter } from '../driver-adapter.ts'

// Of MySQL there is none: Prisma writes the name of the table alone.
const defaults = new Map([
  ['postgres', 'public'],
  ['sqlite', 'main'],
  ['sqlserver', 'dbo'],
])

/**
 * The schema that Prisma writes before a table whose model says none: the one its adapter was given
 * (`new PrismaPg(…, { schema })`), or else the provider's; undefined where it writes none.
 */
export function defaultSchema(adapter: SqlDriverAdapter): string | undefined {
  return adapter.getConnectionInfo?.().schemaName ?? defaults.get(adapter.provider)
}
