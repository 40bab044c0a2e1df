import type { SqlDriverAdapter } from '../driver-adapter.ts'

/** The table of Prisma Migrate. */
export interface MigrationsTable {
  /** Its name in SQL. */
  readonly name: string
  /**
   * A query of one value that never fails and writes nothing to the database's log: 0 if the table is
   * missing, 1 if it can be read, 2 if the role may not read it.
   */
  readonly access: string
}

const table = '_prisma_migrations'

/**
 * The table of Prisma Migrate for this client: in the schema of its adapter (`new PrismaPg(…, { schema
 * })`), otherwise the table that the connection finds by the name alone.
 */
export function migrationsTable(adapter: SqlDriverAdapter): MigrationsTable {
  const schema = adapter.getConnectionInfo?.().schemaName
  switch (adapter.provider) {
    case 'sqlite':
      return {
        name: table,
        access: `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '${table}'`,
      }
    case 'postgres': {
      const place =
        schema === undefined ? 'pg_table_is_visible(c.oid)' : `n.nspname = ${literal(schema)}`
      return {
        name: schema === undefined ? table : `"${schema.replaceAll('"', '""')}".${table}`,
        access:
          `SELECT COALESCE(MAX(CASE WHEN has_schema_privilege(n.oid, 'USAGE') ` +
          `AND has_table_privilege(c.oid, 'SELECT') THEN 1 ELSE 2 END), 0) ` +
          `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ` +
          `WHERE c.relname = '${table}' AND ${place}`,
      }
    }
    case 'mysql':
      return { name: table, access: listedIn('DATABASE()') }
    default:
      return schema === undefined
        ? { name: table, access: listedIn('SCHEMA_NAME()') }
        : { name: `[${schema.replaceAll(']', ']]')}].${table}`, access: listedIn(literal(schema)) }
  }
}

// Both databases list the tables that the role has a privilege for.
function listedIn(schema: string): string {
  return `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ${schema} AND table_name = '${table}'`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
