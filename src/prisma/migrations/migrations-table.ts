import type { SqlDriverAdapter } from '../driver-adapter.ts'

/** The table Prisma Migrate writes, where a client finds it. */
export interface MigrationsTable {
  /** As SQL names it. */
  readonly name: string
  /** The query whose one value is 0 where there is no such table; it fails in no database. */
  readonly exists: string
}

const table = '_prisma_migrations'

/**
 * The one that Prisma Migrate has written for this client: in the schema its adapter was given
 * (`new PrismaPg(…, { schema })`), or else where the connection finds it by its name alone.
 */
export function migrationsTable(adapter: SqlDriverAdapter): MigrationsTable {
  const schema = adapter.getConnectionInfo?.().schemaName
  switch (adapter.provider) {
    case 'sqlite':
      return {
        name: table,
        exists: `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '${table}'`,
      }
    case 'postgres': {
      const name = schema === undefined ? table : `"${schema.replaceAll('"', '""')}".${table}`
      return {
        name,
        exists: `SELECT CASE WHEN to_regclass(${literal(name)}) IS NULL THEN 0 ELSE 1 END`,
      }
    }
    case 'mysql':
      return { name: table, exists: listedIn('DATABASE()') }
    default:
      return schema === undefined
        ? { name: table, exists: listedIn('SCHEMA_NAME()') }
        : { name: `[${schema.replaceAll(']', ']]')}].${table}`, exists: listedIn(literal(schema)) }
  }
}

function listedIn(schema: string): string {
  return `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ${schema} AND table_name = '${table}'`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
