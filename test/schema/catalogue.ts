import type { TestDatabase } from '../support/database/database.ts'

const outside = `('pg_catalog', 'information_schema', 'pg_toast', 'audit')`
const own = `n.nspname NOT IN ${outside} AND c.relname NOT LIKE '\\_prisma\\_migrations%'`

const description = `
  SELECT format('%s.%s.%s %s%s%s', n.nspname, c.relname, a.attname,
    format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN ' not null' END,
    ' default ' || pg_get_expr(d.adbin, d.adrelid)) AS line
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND ${own}
  UNION ALL
  SELECT format('%s.%s constraint %s %s', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid))
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype <> 'n' AND ${own}
  UNION ALL
  SELECT pg_get_indexdef(c.oid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'i' AND ${own}
  UNION ALL
  SELECT format('%s.%s enum %s', n.nspname, t.typname, string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder))
  FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
  GROUP BY n.nspname, t.typname
  ORDER BY line`

/** Every column, constraint, index and enum of the application, a line each. */
export async function describeSchema(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ line: string }>(description)
  return rows.map((row) => row.line)
}
