import { describe, expect, test } from 'vitest'
import { readStatement } from '../../../src/database/sql/statement.ts'
import { readTransactionControl } from '../../../src/database/sql/transaction-control.ts'
import { read } from './read.ts'

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

/** `(SELECT * FROM (SELECT * FROM users))`, with as many subqueries as `depth`. */
function subqueries(depth: number): string {
  return `${'(SELECT * FROM '.repeat(depth)}users${')'.repeat(depth)}`
}

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
    ['-- a\r\nDELETE FROM users', 'delete users'],
    ['DELETE FROM users -- all of them\r', 'delete users'],
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
    ['INSERT INTO users VALUES (1) ON  CONFLICT (id) DO UPDATE SET id = 2', 'upsert users'],
    ['INSERT INTO users VALUES (1) ON  DUPLICATE\n  KEY  UPDATE id = 2', 'upsert users'],
    ['INSERT INTO users SELECT 1 FOR UPDATE ON CONFLICT DO NOTHING', 'insert users'],
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
    ['SELECT 1 AS from FROM users', 'select users'],
    ['SELECT 1 AS /* a */ from FROM users', 'select users'],
    ['SELECT 1 AS -- a\n from FROM users', 'select users'],
    ['SELECT u.from FROM users u', 'select users'],
    ['SELECT @from FROM users', 'select users'],
    ['SELECT :from FROM users', 'select users'],
    ['SELECT cost$ FROM users', 'select users'],
    // An operator that ends in a minus, behind its operand (Postgres before version 14).
    ['SELECT id @- FROM users', 'select users'],
    [`SELECT count(*) FROM ${subqueries(7)}`, 'select users'],
    // A literal that ends elsewhere on other servers changes nothing in a single plain statement.
    ["UPDATE users SET name = 'a\\b'", 'update users'],
    ["UPDATE users SET conflict = 'a\\b'", 'update users'],
    ["INSERT INTO users VALUES ('a\\b') ON CONFLICT DO NOTHING", 'insert users'],
    ["SELECT * FROM users WHERE name = 'a\\b'", 'select users'],
    ["UPDATE users SET name = ';' -- c:\\users", 'update users'],
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
    `SELECT count(*) FROM ${subqueries(8)}`,
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
    'SELECT * FROM a;DELETE FROM b',
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
    'DELETE FROM a /* open',
    'SELECT * FROM a /*! .b */',
    '-- x\rDELETE FROM a -- \nDELETE FROM b',
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
