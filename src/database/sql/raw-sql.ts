/** The text of a raw operation: `[sql, ...values]` of the unsafe form, or a `Prisma.Sql`. */
export function rawSql(args: unknown): string | undefined {
  const sql: unknown = Array.isArray(args) ? args[0] : (args as { sql?: unknown } | undefined)?.sql
  return typeof sql === 'string' ? sql : undefined
}
