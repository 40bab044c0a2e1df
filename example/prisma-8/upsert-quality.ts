import type { Db } from './client.ts'

export interface Quality {
  readonly score: number
  readonly checks?: number
  readonly failedChecks?: number
}

/**
 * The plan that writes the quality of a day: an upsert in raw SQL, because a native one of Prisma 8 names
 * a unique constraint, and Prisma 7 makes unique indexes.
 */
export function upsertQuality(
  db: Db,
  dataSourceId: string,
  day: string,
  { score, checks = 0, failedChecks = 0 }: Quality,
) {
  return db.raw.sql`
    INSERT INTO "QualityReport" (id, "dataSourceId", day, score, checks, "failedChecks")
    VALUES (gen_random_uuid(), ${dataSourceId}::text::uuid, ${day}::text::date,
      ${String(score)}::text::float8, ${checks}, ${failedChecks})
    ON CONFLICT ("dataSourceId", day) DO UPDATE
    SET score = excluded.score, checks = excluded.checks, "failedChecks" = excluded."failedChecks"`
    .affectedCount()
    .build()
}
