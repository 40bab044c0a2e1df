import { describe, expect, test } from 'vitest'
import { read } from './read.ts'

test.each([
  // A target without a schema may be an alias that a later FROM explains.
  ['UPDATE u SET name = 1 FROM users u', 'other'],
  ['UPDATE [u] SET [name] = 1 FROM [dbo].[users] [u]', 'other'],
  ['UPDATE [dbo].[users] SET [name] = 1 FROM [dbo].[others]', 'update dbo.users'],
  // Brackets quote a name.
  ['UPDATE [a;b] SET [c;d] = 1', 'update a;b'],
  ['SELECT [FROM a], [b]]c] FROM [dbo].[users]', 'select dbo.users'],
  ["UPDATE [users] SET [it's] = ';'", 'update users'],
  ['UPDATE [users] SET [open = 1; DELETE FROM [others', 'other'],
])('reads SQL written for SQL Server: %s', (sql, expected) => {
  expect(read(sql, 'sqlserver')).toBe(expected)
})

describe('reads a create of Prisma, which returns its generated keys', () => {
  const values = 'INTO @generated_keys VALUES (@P1)'
  const insert = `INSERT INTO [dbo].[User] ([name]) OUTPUT [Inserted].[id] ${values}`
  const select = 'SELECT [t].[id] FROM @generated_keys AS g INNER JOIN [dbo].[User] AS [t] ON 1=1'

  test.each([
    `DECLARE @generated_keys table([id] INT) ${insert} ${select}`,
    `DECLARE @generated_keys table([id] NVARCHAR(1000), [at] DATETIME2) ${insert} ${select}`,
    `DECLARE @generated_keys table([id] DECIMAL(32,16))${insert} ${select}`,
    `DECLARE  @generated_keys\n  table  ( [id] INT )\n  ${insert}\n${select};`,
    `/* a */ declare @generated_keys TABLE([id] INT) ${insert} ${select}`,
  ])('%s', (sql) => {
    expect(read(sql, 'sqlserver')).toBe('insert dbo.User')
  })

  test.each([
    'DECLARE @generated_keys table([id] INT)',
    'DECLARE @generated_keys table([id] INT) DELETE FROM [dbo].[User]',
    `DECLARE @generated_keys table([id] INT ${insert}`,
    `DECLARE @generated_keys table([id] INT); ${insert}`,
    `DECLARE @other_keys table([id] INT) ${insert}`,
    `DECLARE @generated_keys INT ${insert}`,
    `DECLARE @generated_keys table([id] INT) ${insert}; DELETE FROM [dbo].[Post]`,
    'DECLARE @sql NVARCHAR(100)',
  ])('finds no table in %s', (sql) => {
    expect(read(sql, 'sqlserver')).toBe('other')
  })
})

describe('reads a MERGE of Prisma, which adds a row to a relation', () => {
  const merge = 'MERGE INTO [dbo].[_AToB] USING (SELECT @P1 AS [A], @P2 AS [B])'
  const on = 'ON ([dual].[A] = [dbo].[_AToB].[A])'
  const insert = 'INSERT ([A],[B]) VALUES ([dual].[A],[dual].[B])'
  const written = `${merge} AS [dual] ([A],[B]) ${on} WHEN NOT MATCHED THEN ${insert}`

  test.each([
    `${written};`,
    `${written}; \n`,
    written,
    `${merge} AS [dual] ([A],[B]) ${on}\nWHEN  NOT  MATCHED  THEN  ${insert};`,
    `MERGE INTO [dbo].[_AToB] USING (SELECT CASE WHEN 1=1 THEN @P1 END AS [A]) AS [dual] ${on} WHEN NOT MATCHED THEN ${insert};`,
  ])('%s', (sql) => {
    expect(read(sql, 'sqlserver')).toBe('insert dbo._AToB')
  })

  test.each([
    // Changes or removes rows too.
    `${written} WHEN MATCHED THEN DELETE;`,
    `${merge} AS [dual] ${on} WHEN MATCHED THEN UPDATE SET [A] = 1;`,
    `${merge} AS [dual] ${on} WHEN NOT MATCHED BY SOURCE THEN DELETE;`,
    `${merge} AS [dual] ${on};`,
    // A second statement.
    `${written}; DELETE FROM b`,
    `${written};DELETE FROM b`,
    // A literal can hold the words that are looked for.
    `${merge} AS [dual] ON x = ') AS [dual] WHEN NOT MATCHED THEN ${insert}'`,
    `${merge} AS [dual] ON x = 'x' WHEN NOT MATCHED THEN ${insert};`,
    // Another source, or hints between the table and its source.
    `${merge} AS [source] ${on} WHEN NOT MATCHED THEN ${insert};`,
    `${merge.replace(' USING', ' WITH (HOLDLOCK) USING')} AS [dual] ${on} WHEN NOT MATCHED THEN ${insert};`,
    `MERGE INTO [dbo].[_AToB] USING [dbo].[A] AS [dual] ${on} WHEN NOT MATCHED THEN ${insert};`,
  ])('finds no table in %s', (sql) => {
    expect(read(sql, 'sqlserver')).toBe('other')
  })

  test.each(['postgres', 'mysql', 'sqlite', undefined])(
    'finds no table in it for %s',
    (provider) => {
      expect(read(`${written};`, provider)).toBe('other')
    },
  )
})
