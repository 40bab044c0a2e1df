import { describe, expect, test } from 'vitest'
import { readStatement } from '../../../src/database/sql/statement.ts'
import { readTransactionControl } from '../../../src/database/sql/transaction-control.ts'

/** `insert User`, `upsert public.User`; `other` where nothing is told. */
function read(sql: string, provider?: string): string {
  const { verb, table, schema, upsert } = readStatement(sql, provider)
  if (table === undefined) return verb
  return `${upsert ? 'upsert' : verb} ${schema === undefined ? '' : `${schema}.`}${table}`
}

describe('reads the SQL of Prisma', () => {
  test.each([
    [
      'postgres',
      'INSERT INTO "public"."User" ("name") VALUES ($1) RETURNING "public"."User"."id"',
      'insert public.User',
    ],
    [
      'postgres',
      'INSERT INTO "public"."User" ("name") VALUES ($1) ON CONFLICT ("name") DO UPDATE SET "name" = $2 WHERE ("public"."User"."name" = $3 AND 1=1) RETURNING "public"."User"."id"',
      'upsert public.User',
    ],
    [
      'postgres',
      'INSERT INTO "public"."_AlertToTag" ("B","A") VALUES ($1,$2) ON CONFLICT DO NOTHING',
      'insert public._AlertToTag',
    ],
    [
      'postgres',
      'INSERT INTO "public"."User" DEFAULT VALUES RETURNING "public"."User"."id"',
      'insert public.User',
    ],
    [
      'postgres',
      'UPDATE "public"."User" SET "name" = CAST($1::text AS "public"."Kind") WHERE ("public"."User"."id" = $2 AND 1=1)',
      'update public.User',
    ],
    [
      'postgres',
      'DELETE FROM "public"."User" WHERE ("public"."User"."id" IN ($1,$2) AND 1=0)',
      'delete public.User',
    ],
    [
      'postgres',
      'SELECT "public"."User"."id", "public"."User"."name" FROM "public"."User" WHERE "public"."User"."name" LIKE $1 OFFSET $2',
      'select public.User',
    ],
    [
      'postgres',
      'SELECT COUNT(*) AS "_count$_all" FROM (SELECT "public"."User"."id" FROM "public"."User" WHERE 1=1 OFFSET $1) AS "sub"',
      'select public.User',
    ],
    [
      'postgres',
      'SELECT "t1"."id", COALESCE("t2"."__prisma_data__", \'[]\'::jsonb) AS "posts" FROM "public"."User" AS "t1" LEFT JOIN LATERAL (SELECT 1 FROM "public"."Post") AS "t2" ON TRUE',
      'select public.User',
    ],
    ['mysql', 'INSERT INTO `app`.`User` (`name`) VALUES (?)', 'insert app.User'],
    ['mysql', 'INSERT IGNORE INTO `app`.`User` (`name`) VALUES (?), (?)', 'insert app.User'],
    [
      'mysql',
      'UPDATE `app`.`User` SET `name` = ? WHERE (`app`.`User`.`id` = ? AND 1=1)',
      'update app.User',
    ],
    ['mysql', 'DELETE FROM `app`.`User` WHERE 1=1', 'delete app.User'],
    ['mysql', 'SELECT `app`.`User`.`id` FROM `app`.`User` WHERE 1=1', 'select app.User'],
    [
      'sqlite',
      'INSERT INTO `main`.`User` (`name`) VALUES (?) RETURNING `id` AS `id`',
      'insert main.User',
    ],
    ['sqlite', 'INSERT OR IGNORE INTO `main`.`User` (`name`) VALUES (?)', 'insert main.User'],
    [
      'sqlserver',
      'INSERT INTO [dbo].[User] ([name]) OUTPUT [Inserted].[id] VALUES (@P1)',
      'insert dbo.User',
    ],
    [
      'sqlserver',
      'UPDATE [dbo].[User] SET [name] = @P1 WHERE [dbo].[User].[id] = @P2',
      'update dbo.User',
    ],
    ['sqlserver', 'DELETE FROM [dbo].[User] OUTPUT [Deleted].[id] WHERE 1=1', 'delete dbo.User'],
    [
      'sqlserver',
      'SELECT [dbo].[User].[id] FROM [dbo].[User] WHERE 1=1 ORDER BY 1 OFFSET @P1 ROWS',
      'select dbo.User',
    ],
  ])('%s: %s', (provider, sql, expected) => {
    expect(read(sql, provider)).toBe(expected)
  })
})

describe('reads SQL written by hand', () => {
  test.each([
    // Names.
    ['insert into users (name) values (1)', 'insert users'],
    ['INSERT INTO users(name) SELECT name FROM others', 'insert users'],
    ['insert into app.public.users values (1)', 'insert public.users'],
    ['INSERT INTO "we""ird" VALUES (1)', 'insert we"ird'],
    ['INSERT INTO `we``ird` VALUES (1)', 'insert we`ird'],
    ['INSERT INTO [we]]ird] VALUES (1)', 'insert we]ird'],
    ['INSERT INTO "a.b"."c d" VALUES (1)', 'insert a.b.c d'],
    ['INSERT INTO Ünïcode_7 VALUES (1)', 'insert Ünïcode_7'],
    ['INSERT INTO "app" . users VALUES (1)', 'insert app.users'],
    ['INSERT INTO users AS u (name) VALUES (1)', 'insert users'],
    // Comments and blanks.
    ['-- DELETE FROM a\n/* DELETE FROM b */\n\t INSERT INTO users VALUES (1)', 'insert users'],
    ['--\nINSERT INTO users VALUES (1)', 'insert users'],
    ['/**/DELETE FROM users', 'delete users'],
    ["DELETE FROM users /*traceparent='00-1-2-01'*/", 'delete users'],
    ['DELETE FROM users -- all of them', 'delete users'],
    ['INSERT INTO users VALUES (1); /* done */ -- ;\n', 'insert users'],
    // Forms.
    ['update users set name = 1', 'update users'],
    ['UPDATE ONLY users AS u SET name = 1 FROM others', 'update users'],
    ['UPDATE users u SET name = 1', 'update users'],
    ['UPDATE OR IGNORE users SET name = 1', 'update users'],
    ['DELETE FROM users', 'delete users'],
    ['DELETE FROM users;', 'delete users'],
    ['DELETE FROM ONLY users WHERE id = 1', 'delete users'],
    ['DELETE FROM users AS u USING others o WHERE o.id = u.id', 'delete users'],
    ['DELETE FROM users u WHERE id = 1 RETURNING id', 'delete users'],
    ['delete from users order by id limit 1', 'delete users'],
    // Upserts.
    ['INSERT INTO users VALUES (1) ON CONFLICT DO NOTHING', 'insert users'],
    ['INSERT INTO users VALUES (1) on\nconflict (id) do   update set id = 2', 'upsert users'],
    ['INSERT INTO users VALUES (1) ON DUPLICATE KEY UPDATE id = 2', 'upsert users'],
    ["INSERT INTO users VALUES ('ON CONFLICT DO UPDATE')", 'insert users'],
    ['INSERT INTO users VALUES (1) /* ON CONFLICT DO UPDATE */', 'insert users'],
    ['INSERT INTO users ("on conflict", "do update") VALUES (1, 2)', 'insert users'],
    // SELECTs.
    ['SELECT * FROM users', 'select users'],
    ['select u.* from app.users u, others o', 'select app.users'],
    ['SELECT \'FROM a\', "FROM b", (SELECT 1 FROM c) FROM users', 'select users'],
    ['SELECT EXTRACT(year FROM born), TRIM(both FROM name) FROM users', 'select users'],
    ['SELECT a IS DISTINCT FROM b, c IS NOT DISTINCT  FROM d FROM users', 'select users'],
    ['SELECT from_date, afrom, "x" FROM users', 'select users'],
    ['SELECT DISTINCT name FROM ONLY users', 'select users'],
    ['SELECT * FROM users; ', 'select users'],
    ["SELECT 1 FROM users WHERE a = ';' AND b = $1", 'select users'],
    ['SELECT * FROM users WHERE id IN (SELECT id FROM a UNION SELECT id FROM b)', 'other'],
  ])('%s', (sql, expected) => {
    expect(read(sql)).toBe(expected)
  })
})

describe('finds no table in ambiguous SQL', () => {
  test.each([
    // No table, or not of one.
    '',
    ' ',
    '--',
    '/*',
    'SELECT 1',
    'SELECT now()',
    'SELECT * FROM generate_series(1, 3)',
    'SELECT * FROM LATERAL (SELECT 1) x',
    'SELECT * FROM unnest(ARRAY[1])',
    'SELECT 1 UNION SELECT id FROM users',
    'SELECT * INTO users FROM others',
    'WITH gone AS (DELETE FROM users RETURNING *) INSERT INTO archive SELECT * FROM gone',
    'WITH x AS (SELECT 1) UPDATE users SET name = 1',
    'MERGE INTO users USING others ON true WHEN MATCHED THEN DELETE',
    'EXPLAIN ANALYZE DELETE FROM users',
    'TRUNCATE users',
    'REPLACE INTO users VALUES (1)',
    'INSERT OR REPLACE INTO users VALUES (1)',
    'CALL remove_users()',
    'DO $$ BEGIN DELETE FROM users; END $$',
    'COPY users FROM STDIN',
    '(SELECT * FROM users)',
    'VALUES (1)',
    'PREPARE p AS DELETE FROM users',
    'SET search_path = app',
    'LISTEN users',
    // Of several tables.
    'UPDATE a, b SET a.x = b.x',
    'UPDATE a JOIN b ON true SET a.x = 1',
    'DELETE a, b FROM a JOIN b',
    'DELETE a FROM a JOIN b',
    'DELETE FROM a, b USING a JOIN b',
    // Modifiers that are read as names.
    'UPDATE LOW_PRIORITY users SET name = 1',
    'UPDATE LOW_PRIORITY IGNORE users SET name = 1',
    'DELETE LOW_PRIORITY FROM users',
    'INSERT DELAYED INTO users VALUES (1)',
    'UPDATE TOP (5) users SET name = 1',
    'DELETE TOP (5) FROM users',
    // Several statements.
    'INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)',
    'DELETE FROM a; -- x\n DELETE FROM b',
    'SELECT * FROM a; DELETE FROM b',
    "UPDATE a SET x = ';' ; DELETE FROM b",
    // Where a literal ends depends on the server, or on a setting of it.
    "INSERT INTO a VALUES ('\\'); DELETE FROM b; --')",
    "INSERT INTO a VALUES (E'\\'; DELETE FROM b; --')",
    'INSERT INTO a VALUES ($$;$$); DELETE FROM b',
    'INSERT INTO a VALUES ($x$ ON CONFLICT DO UPDATE $x$)',
    "INSERT INTO a VALUES ('; DELETE FROM b",
    "SELECT 'a\\' FROM x, ' FROM users",
    'SELECT "a\\" FROM x, " FROM users',
    'INSERT INTO a VALUES (1) /* ; /* */ ; DELETE FROM b */',
    '/* /* */ DELETE FROM a WHERE x = 1 */ INSERT INTO b VALUES (1)',
    '/*! DELETE FROM a; */ INSERT INTO b VALUES (1)',
    'INSERT INTO a VALUES (1); /*!50000 DELETE FROM b */',
    'INSERT INTO a VALUES (1) ON CONFLICT DO /*M! UPDATE SET x = 1 */ NOTHING /* DO UPDATE */',
    // Names that end in a surprise.
    'INSERT INTO "open (name) VALUES (1)',
    'INSERT INTO a.b.c.d VALUES (1)',
    'INSERT INTO 7a VALUES (1)',
    'INSERT INTO "" VALUES (1)',
    'DELETE FROM a * WHERE x = 1',
    'INSERT INTO',
    'UPDATE',
    'DELETE FROM',
  ])('%s', (sql) => {
    expect(readStatement(sql)).toEqual({
      verb: 'other',
      table: undefined,
      schema: undefined,
      upsert: false,
    })
  })

  test.each([
    ['sqlserver', 'UPDATE u SET name = 1 FROM users u', 'other'],
    ['sqlserver', 'UPDATE [u] SET [name] = 1 FROM [dbo].[users] [u]', 'other'],
    ['postgres', 'UPDATE u SET name = 1 FROM users', 'update u'],
    // The one MERGE that is told is Prisma's own.
    [
      'sqlserver',
      'MERGE INTO [dbo].[_AToB] USING (SELECT @P1 AS [A], @P2 AS [B]) AS [dual] ([A],[B]) ON ([dual].[A] = [dbo].[_AToB].[A]) WHEN NOT MATCHED THEN INSERT ([A],[B]) VALUES ([dual].[A],[dual].[B]);',
      'insert dbo._AToB',
    ],
    [
      'sqlserver',
      'MERGE INTO a USING (SELECT 1 AS [A]) AS [dual] ON 1=1 WHEN NOT MATCHED THEN INSERT (x) VALUES (1) WHEN MATCHED THEN DELETE;',
      'other',
    ],
    [
      'sqlserver',
      'MERGE INTO a USING (SELECT 1 AS [A]) AS [dual] ON 1=1 WHEN NOT MATCHED THEN INSERT (x) VALUES (1); DELETE FROM b',
      'other',
    ],
    [
      'sqlserver',
      'MERGE INTO a USING (SELECT 1 AS [A]) AS [dual] ON 1=1 WHEN NOT MATCHED BY SOURCE THEN DELETE;',
      'other',
    ],
    // A bracket quotes a name on some servers and is a subscript on others.
    ['postgres', "UPDATE a SET x = ARRAY['];', '[']; DELETE FROM b", 'other'],
    ['postgres', "UPDATE a SET x[1] = ';' WHERE y[2] = ';'", 'update a'],
    ['sqlserver', 'UPDATE [a;b] SET [c;d] = 1', 'update a;b'],
    // MySQL alone takes # for a comment, and -- only with a blank behind it.
    ['mysql', "UPDATE a SET x = 1 # '\n; DELETE FROM b #'", 'other'],
    ['mysql', 'UPDATE a SET x = 1--1; DELETE FROM b', 'other'],
    ['mysql', 'UPDATE a SET x = 1 -- ; one\n', 'update a'],
    ['postgres', "UPDATE a SET x = y #> '{;}'", 'update a'],
  ])('%s: %s', (provider, sql, expected) => {
    expect(read(sql, provider)).toBe(expected)
  })
})

describe('reads transaction control', () => {
  test.each([
    ['COMMIT', 'commit'],
    ['commit;', 'commit'],
    ['/* a */ COMMIT WORK -- b', 'commit'],
    ['END TRANSACTION', 'commit'],
    ['COMMIT TRAN', 'commit'],
    ['COMMIT AND NO CHAIN', 'commit'],
    ['COMMIT AND CHAIN', 'commit and chain'],
    ['ROLLBACK', 'rollback'],
    ['ABORT', 'rollback'],
    ['ROLLBACK TRANSACTION', 'rollback'],
    ['ROLLBACK TRANSACTION AND CHAIN', 'rollback and chain'],
    ['BEGIN', 'begin'],
    ['BEGIN IMMEDIATE', 'begin'],
    ['BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY', 'begin'],
    ['START TRANSACTION WITH CONSISTENT SNAPSHOT;', 'begin'],
    ['SAVEPOINT a', 'savepoint a'],
    ["SAVEPOINT Mixed /*route='x'*/", 'savepoint mixed'],
    ['SAVEPOINT "Mixed"', 'savepoint Mixed'],
    ['SAVE TRANSACTION a', 'savepoint a'],
    ['RELEASE a', 'release a'],
    ['release savepoint a;', 'release a'],
    ['ROLLBACK TO a', 'rollback to a'],
    ['ROLLBACK TO SAVEPOINT `A`', 'rollback to A'],
    ['ROLLBACK WORK TO a', 'rollback to a'],
    ['ROLLBACK TRANSACTION a', 'rollback to a'],
    ['COMMIT; DELETE FROM a', undefined],
    ['COMMIT PREPARED $1', undefined],
    ['ROLLBACK PREPARED a', undefined],
    ['ROLLBACK TO', undefined],
    ['SAVEPOINT', undefined],
    ['SAVEPOINT a b', undefined],
    ['BEGIN DELETE FROM a END', undefined],
    ['BEGIN; DELETE FROM a', undefined],
    ['ENDPOINT', undefined],
    ['COMMITTED', undefined],
    ['SELECT 1', undefined],
    ['/* COMMIT', undefined],
    ['', undefined],
  ])('%s', (sql, expected) => {
    const control = readTransactionControl(sql)
    const name = control && 'savepoint' in control ? ` ${control.savepoint}` : ''
    const chain = control && 'chain' in control && control.chain ? ' and chain' : ''
    expect(control && `${control.control}${name}${chain}`).toBe(expected)
  })
})

describe('reads 100 kB of hostile SQL in milliseconds', () => {
  const long = (part: string): string => part.repeat(Math.ceil(100_000 / part.length))

  test.each([
    ['blanks', long(' ')],
    ['a name of letters', `INSERT INTO ${long('a')}`],
    ['a name of dots', `INSERT INTO a${long(' . a')}`],
    ['a name of quotes', `INSERT INTO ${long('"')}`],
    ['doubled quotes', `DELETE FROM ${long('"a"')} INDEXED BY i`],
    ['doubled backticks', `DELETE FROM ${long('`a`')} INDEXED BY i`],
    ['doubled brackets', `DELETE FROM [a${long(']]')}] INDEXED BY i`],
    ['doubled quotes of an alias', `UPDATE a ${long('"a"')} INDEXED BY i`],
    ['an alias', `UPDATE a ${long('b')}`],
    ['blanks behind a name', `UPDATE a${long(' ')}b`],
    ['blanks behind an alias', `DELETE FROM a b${long(' ')}c`],
    ['blanks inside', `INSERT${long(' ')}OR${long(' ')}`],
    ['comments before', `${long('/**/')}x`],
    ['comments that stay open', `/*${long(' /* ')}`],
    ['line comments', `${long('--\n')}x`],
    ['dashes', long('- ')],
    ['FROM and FROM', `SELECT ${long('FROM (SELECT ')}`],
    ['a comparison', `SELECT ${long('a IS DISTINCT FROM ')}`],
    ['open parentheses', `SELECT ${long('(')}`],
    ['letters F', `SELECT ${long('F')}`],
    ['literals', `SELECT ${long("'a' ")}; SELECT 1`],
    ['upsert words', `INSERT INTO a VALUES (1) ${long('ON CONFLICT ')}`],
    ['upsert blanks', `INSERT INTO a VALUES (1) ${long('ON   ')} DO UPDATE`],
    ['semicolons', `INSERT INTO a VALUES (1)${long(';')}`],
    ['semicolons and blanks', `INSERT INTO a VALUES (1);${long(' ')}`],
    ['updates', long('UPDATE a SET ')],
    ['keys', `DECLARE @generated_keys table(${long('a(b)')}`],
    ['merges', `MERGE INTO a USING (SELECT ${long(') AS [dual] a WHEN NOT MATCHED THEN INSERT ')}`],
    ['brackets', `SELECT ${long('[')}`],
    ['savepoints', long('SAVEPOINT a ')],
    ['ROLLBACK and comments', `ROLLBACK ${long('/**/')}x`],
    ['BEGIN and characteristics', `BEGIN ${long('READ, ')}x`],
    ['COMMIT and blanks', `COMMIT${long(' ')}x`],
  ])('%s', (_name, sql) => {
    const before = process.cpuUsage()
    for (const provider of ['postgres', 'mysql', 'sqlite', 'sqlserver'])
      readStatement(sql, provider)
    readTransactionControl(sql)
    // Computing time, which other processes do not lengthen: 5 ms, or seconds if one is quadratic.
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(1000)
  })
})
