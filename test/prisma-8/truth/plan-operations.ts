import { email, id, type Operation, tag } from './operation.ts'
import { statement } from './statement.ts'

/** Operations of the SQL builder, of raw SQL and of prepared statements. */
export const planOperations: readonly Operation[] = [
  {
    name: 'builder: insert that returns',
    weight: 2,
    make: ({ db }, session, random) =>
      session.query(
        db.sql.public.app_user
          .insert(random.several(1, 2, () => ({ email: email(random) })))
          .returning('id')
          .build(),
      ),
  },
  {
    name: 'builder: insert that returns nothing',
    weight: 1,
    make: ({ db }, session) =>
      session.execute(db.sql.archive.Note.insert([{ text: 'built' }, { text: 'built' }]).build()),
  },
  {
    name: 'builder: write without RETURNING, run for rows',
    weight: 1,
    make: ({ db }, session) =>
      session.query(db.sql.public.Note.insert([{ text: 'no rows' }]).build()),
  },
  {
    name: 'builder: update',
    weight: 2,
    make: ({ db }, session, random) =>
      session.execute(
        db.sql.public.app_user
          .update({ score: 6 })
          .where((user, fns) => fns.eq(user.email, email(random)))
          .build(),
      ),
  },
  {
    name: 'builder: delete that returns, run for its count',
    weight: 1,
    make: ({ db }, session, random) =>
      session.execute(
        db.sql.public.comments
          .delete()
          .where((comment, fns) => fns.lt(comment.id, id(random)))
          .returning('id')
          .build(),
      ),
  },
  {
    name: 'builder: join',
    weight: 0.5,
    make: ({ db }, session) =>
      session.query(
        db.sql.public.Post.innerJoin(db.sql.public.app_user, (row, fns) =>
          fns.eq(row.Post.authorId, row.app_user.id),
        )
          .select('title', 'email')
          .limit(3)
          .build(),
      ),
  },
  {
    name: 'raw insert',
    weight: 2,
    make: ({ db }, session, random) =>
      session.execute(
        db.raw.sql`INSERT INTO "Tag" (name) VALUES (${tag(random)}) ON CONFLICT DO NOTHING`
          .affectedCount()
          .build(),
      ),
  },
  {
    name: 'raw upsert behind a comment, schema-qualified',
    weight: 1,
    make: ({ db }, session, random) =>
      session.execute(
        db.raw
          .sql`/* DELETE FROM "Tag" */ insert into public."Tag" as t (name) values (${tag(random)})
            on conflict (name) do update set name = excluded.name;`
          .affectedCount()
          .build(),
      ),
  },
  {
    name: 'raw update that returns',
    weight: 1,
    make: ({ db }, session, random) =>
      session.query(
        db.raw.sql`update only app_user as u set score = 1 where u.id < ${id(random)} returning id`
          .returnsRow({ id: 'pg/int4@1' })
          .build(),
      ),
  },
  {
    name: 'raw insert whose result has not the declared column',
    weight: 1,
    make: ({ db }, session) =>
      session.query(
        db.raw.sql`INSERT INTO archive."Note" (text) VALUES (${'undeclared'}) RETURNING id`
          .returnsRow({ missing: 'pg/int4@1' })
          .build(),
      ),
  },
  {
    name: 'raw failure',
    weight: 1,
    make: ({ db }, session) => session.execute(statement(db, 'UPDATE "Tag" SET name = 1/0')),
  },
  {
    name: 'raw, several statements',
    weight: 2,
    make: ({ db }, session) =>
      session.execute(
        statement(
          db,
          `INSERT INTO "Note" (text) VALUES ('one; two'), ('three'); -- DELETE FROM "Note";
           UPDATE "Note" SET text = 'last' WHERE id = (SELECT max(id) FROM "Note");
           DELETE FROM archive."Note" WHERE text = 'built'`,
        ),
      ),
  },
  {
    name: 'raw, several statements of which the last one fails',
    weight: 1,
    make: ({ db }, session) =>
      session.execute(statement(db, `INSERT INTO "Note" (text) VALUES ('lost'); SELECT 1/0`)),
  },
  {
    name: 'prepared read',
    weight: 1,
    make: ({ prepared }, { target }, random) => prepared.find.query(target, { name: tag(random) }),
  },
  {
    name: 'prepared insert',
    weight: 2,
    make: ({ prepared }, { target }) => prepared.insert.query(target, { text: 'prepared' }),
  },
  {
    name: 'prepared update',
    weight: 2,
    make: ({ prepared }, { target }, random) =>
      prepared.update.query(target, { email: email(random) }),
  },
  {
    name: 'prepared delete',
    weight: 1,
    make: ({ prepared }, { target }) => prepared.remove.execute(target, { text: 'archived' }),
  },
  {
    name: 'consumer that stops at the first row',
    weight: 1,
    make: async (_, { orm }) => {
      for await (const created of orm.public.Note.createAll([{ text: 'a' }, { text: 'b' }]))
        return created
      return undefined
    },
  },
  {
    name: 'abort after the start',
    weight: 1,
    make: async ({ db }, session) => {
      const controller = new AbortController()
      const plan = db.sql.public.Note.insert([{ text: 'aborted' }])
        .returning('id')
        .build()
      const rows = session.query(plan, { signal: controller.signal }).toArray()
      setImmediate(() => controller.abort())
      return rows
    },
  },
  {
    name: 'abort before the start',
    weight: 0.5,
    make: ({ db }, session) => {
      const plan = db.sql.public.Note.insert([{ text: 'never' }])
        .returning('id')
        .build()
      return session.query(plan, { signal: AbortSignal.abort() })
    },
  },
]
