import type { SqlDriverAdapter } from './driver-adapter.ts'

// Not on MySQL: Prisma writes the name of the table alone.
const defaults = new Map([
  ['postgres', 'public'],
  ['sqlite', 'main'],
  ['sqlserver', 'dbo'],
])

/**
 * The schema that Prisma writes before a table whose model has no `@@schema`: that of its adapter
 * (`new PrismaPg(…, { schema })`), otherwise the provider's. Undefined if Prisma writes no schema.
 */
export function defaultSchema(adapter: SqlDriverAdapter): string | undefined {
  return adapter.getConnectionInfo?.().schemaName ?? defaults.get(adapter.provider)
}
