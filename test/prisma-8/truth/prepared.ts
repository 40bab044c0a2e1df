import type { Db } from './session.ts'

/** The prepared statements of a program: a read and three writes. */
export async function prepare(db: Db) {
  const { Tag, app_user: user } = db.sql.public
  return {
    find: await db.prepare({ name: 'pg/text@1' }, ({ name }) =>
      Tag.select('id')
        .where((tag, fns) => fns.eq(tag.name, name))
        .build(),
    ),
    insert: await db.prepare({ text: 'pg/text@1' }, ({ text }) =>
      db.raw.sql`INSERT INTO "Note" (text) VALUES (${text}) RETURNING id`
        .returnsRow({ id: 'pg/int4@1' })
        .build(),
    ),
    update: await db.prepare({ email: 'pg/text@1' }, ({ email }) =>
      user
        .update({ score: 7 })
        .where((row, fns) => fns.eq(row.email, email))
        .returning('id')
        .build(),
    ),
    remove: await db.prepare({ text: 'pg/text@1' }, ({ text }) =>
      db.raw.sql`DELETE FROM archive."Note" WHERE text = ${text}`.affectedCount().build(),
    ),
  }
}

export type Prepared = Awaited<ReturnType<typeof prepare>>
