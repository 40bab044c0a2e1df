import fc from 'fast-check'
import { columnName, identifier, tableName } from './names.ts'
import { choice, list, maybe, sequence, spelled, type Tokens, words } from './tokens.ts'

const name = identifier.map((text): Tokens => [text])
const condition = sequence(columnName, '=', value())

function value(): fc.Arbitrary<Tokens> {
  return choice(
    [6, words('$1', '1', 'NULL', 'DEFAULT', "'a'", "'it''s'", '1.5e3', 'TRUE')],
    [1, words("';'", "'--'", "'/*'", "' FROM other '", "' ON CONFLICT DO UPDATE '", "'\\'")],
    [1, words("E'it\\'s'", "e'\\';'", "U&'d\\0061t'", "B'101'", "N'a'", "E'a\\\\'")],
    [1, words('$$a$$', "$$;'$$", '$tag$ $$ FROM other $tag$', '$$ ON CONFLICT DO UPDATE $$')],
    [
      1,
      words(
        '$1::text',
        'a::"public"."Kind"',
        "'a'::varchar(3)[]",
        'a[1]',
        'ARRAY[1,2]',
        "'{}'::jsonb",
      ),
    ],
    [1, words('CAST ( $1 AS text )', 'count ( * )', 'now ( )', 'EXTRACT ( year FROM born )')],
    [1, words('TRIM ( BOTH FROM name )', 'SUBSTRING ( a FROM 1 FOR 2 )', 'a IS DISTINCT FROM b')],
    [
      1,
      words(
        '( SELECT 1 FROM inner_one )',
        'EXISTS ( SELECT FROM inner_one )',
        't.from',
        't.select',
      ),
    ],
    [
      1,
      words(
        '"from"',
        '"a"."from"',
        'a IS NOT DISTINCT FROM 1',
        "data ->> 'a'",
        'a #> b',
        'a @> b',
        '- -1',
      ),
    ],
    [
      1,
      words('CASE WHEN a THEN 1 ELSE 2 END', 'a - b', 'a / b', 'a * b', 'a ? b', '@ a', 'a || b'),
    ],
  )
}

const alias = choice<Tokens>([4, name], [3, sequence('AS', name)], [6, words('')])
const where = choice<Tokens>(
  [3, words('')],
  [5, sequence('WHERE', condition)],
  [1, sequence('WHERE', columnName, words('IN ( $1 , $2 )', 'IS NULL', "LIKE '%;%'"))],
  [1, sequence('WHERE', columnName, 'IN ( SELECT 1 FROM', tableName, ')')],
  [0.3, words('WHERE CURRENT OF c')],
)
const output = choice<Tokens>(
  [6, sequence(columnName)],
  [4, value()],
  [2, sequence(value(), 'AS', name)],
  [1, sequence(columnName, name)],
  [2, words('*')],
  [0.3, sequence(value(), 'AS', words('from', 'select', 'into', 'where', 'union'))],
)
const returning = choice<Tokens>([4, words('')], [2, sequence('RETURNING', list(output))])

const joined = sequence(
  words('JOIN', 'LEFT JOIN', 'CROSS JOIN', 'NATURAL JOIN', 'FULL OUTER JOIN'),
  tableName,
  alias,
  words('', 'ON TRUE', 'ON a = b', 'USING ( id )'),
)
const source: fc.Arbitrary<Tokens> = choice<Tokens>(
  [12, sequence(tableName, alias)],
  [3, sequence(tableName, alias, joined)],
  [1, sequence('ONLY', tableName, alias)],
  [0.5, sequence('ONLY (', tableName, ')')],
  [0.5, sequence(tableName, '*')],
  [0.5, sequence(tableName, 'TABLESAMPLE system ( 1 )')],
  [1, sequence('( SELECT', list(output), 'FROM', tableName, where, ')', alias)],
  [0.5, sequence('( SELECT 1 )', alias, ',', tableName)],
  [0.5, sequence('(', tableName, joined, ')')],
  [0.5, sequence('( VALUES ( 1 ) ) AS', name)],
  [0.5, sequence('( WITH w AS ( SELECT 1 ) SELECT 1 FROM', tableName, ')', alias)],
  [1, sequence(tableName, '(', value(), ')', alias)],
  [0.5, sequence('LATERAL', tableName, '( 1 )', alias)],
  [0.5, sequence('ROWS FROM (', tableName, '( 1 ) )', alias)],
  [0.3, words('unnest ( $1 ) WITH ORDINALITY', "XMLTABLE ( '/a' PASSING b COLUMNS c int )")],
)
const ending = choice<Tokens>(
  [8, words('')],
  [
    2,
    words(
      'ORDER BY 1',
      'LIMIT 1',
      'OFFSET $1',
      'FOR UPDATE',
      'GROUP BY a HAVING b',
      'FETCH FIRST ROW ONLY',
    ),
  ],
  [1, sequence(words('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'), 'SELECT 1 FROM', tableName)],
  [0.5, sequence(', LATERAL ( SELECT 1 FROM', tableName, ') AS l')],
)
const select = choice<Tokens>(
  [
    10,
    sequence(
      'SELECT',
      words('', '', '', 'DISTINCT', 'ALL', 'DISTINCT ON ( a )'),
      list(output),
      'FROM',
      source,
      where,
      ending,
    ),
  ],
  [0.5, sequence('SELECT FROM', source, where)],
  [0.5, sequence('SELECT', list(output), where, ending)],
  [0.5, sequence('SELECT', list(output), 'INTO', tableName, 'FROM', source)],
  [0.5, sequence('( SELECT', list(output), 'FROM', source, ')')],
  [0.2, sequence('TABLE', tableName)],
)

const assignment = choice<Tokens>(
  [5, sequence(name, '=', value())],
  [1, sequence('( a , b ) = ( SELECT 1 , 2 FROM', tableName, ')')],
)
const conflict = choice<Tokens>(
  [5, words('')],
  [2, words('ON CONFLICT DO NOTHING', 'ON CONFLICT ( id ) DO NOTHING')],
  [3, sequence('ON CONFLICT (', name, ') DO UPDATE SET', list(assignment))],
  [1, sequence('ON CONFLICT ON CONSTRAINT', name, 'DO UPDATE SET', list(assignment), where)],
)
const rows = choice<Tokens>(
  [5, sequence('VALUES (', list(value()), ')')],
  [1, words('DEFAULT VALUES')],
  [2, select],
  [0.5, sequence('OVERRIDING SYSTEM VALUE VALUES (', list(value()), ')')],
  [0.5, sequence('WITH w AS (', select, ')', select)],
)
const insert = sequence(
  'INSERT INTO',
  tableName,
  choice<Tokens>([4, words('')], [1, sequence('AS', name)]),
  maybe(sequence('(', list(name), ')')),
  rows,
  conflict,
  returning,
)
const update = sequence(
  'UPDATE',
  words('', '', '', 'ONLY'),
  choice<Tokens>(
    [12, tableName],
    [1, sequence(tableName, '*')],
    [0.5, sequence('ONLY (', tableName, ')')],
  ),
  alias,
  'SET',
  list(assignment),
  choice<Tokens>([3, words('')], [1, sequence('FROM', source)]),
  where,
  returning,
)
const remove = sequence(
  'DELETE FROM',
  words('', '', '', 'ONLY'),
  choice<Tokens>([12, tableName], [1, sequence(tableName, '*')]),
  alias,
  choice<Tokens>([3, words('')], [1, sequence('USING', source)]),
  where,
  returning,
)
const merge = sequence(
  'MERGE INTO',
  tableName,
  alias,
  'USING',
  source,
  'ON a = b WHEN',
  choice<Tokens>(
    [1, sequence('MATCHED THEN UPDATE SET', assignment)],
    [
      1,
      words(
        'MATCHED THEN DELETE',
        'NOT MATCHED THEN INSERT VALUES ( 1 )',
        'MATCHED THEN DO NOTHING',
      ),
    ],
  ),
  returning,
)
const written = choice<Tokens>([3, insert], [3, update], [3, remove], [2, select], [0.5, merge])
const cte = sequence(
  'WITH',
  words('', '', 'RECURSIVE'),
  name,
  'AS',
  words('', '', 'MATERIALIZED'),
  '(',
  written,
  ')',
  written,
)
const about = choice<Tokens>(
  [2, sequence(words('EXPLAIN', 'EXPLAIN ANALYZE', 'EXPLAIN ( COSTS off )'), written)],
  [1, sequence('PREPARE', name, 'AS', written)],
  [1, sequence('CREATE TABLE', tableName, 'AS', select)],
  [1, sequence('TRUNCATE', tableName)],
  [1, sequence('COPY', tableName, words('FROM STDIN', 'TO STDOUT'))],
  [1, sequence('DECLARE', name, 'CURSOR FOR', select)],
  [1, sequence('LOCK', tableName)],
  [1, sequence('SET', name, '= 1')],
)

const modes = choice<Tokens>(
  [3, words('')],
  [1, words('ISOLATION LEVEL SERIALIZABLE', 'READ ONLY', 'READ WRITE , NOT DEFERRABLE')],
)
const noise = words('', '', '', 'WORK', 'TRANSACTION')
const chain = words('', '', 'AND CHAIN', 'AND NO CHAIN')
const control = choice<Tokens>(
  [2, sequence('BEGIN', noise, modes)],
  [1, sequence('START TRANSACTION', modes)],
  [3, sequence(words('COMMIT', 'END', 'ROLLBACK', 'ABORT'), noise, chain)],
  [3, sequence('SAVEPOINT', name)],
  [3, sequence('RELEASE', words('', 'SAVEPOINT'), name)],
  [3, sequence('ROLLBACK', noise, 'TO', words('', 'SAVEPOINT'), name)],
  [1, words("PREPARE TRANSACTION 'a'", "COMMIT PREPARED 'a'", "ROLLBACK PREPARED 'a'")],
)

/** Texts of one statement in most cases, of several in some, and in a few of none. */
export const sqlText: fc.Arbitrary<string> = choice(
  [20, spelled(insert)],
  [20, spelled(update)],
  [16, spelled(remove)],
  [24, spelled(select)],
  [4, spelled(cte)],
  [3, spelled(merge)],
  [3, spelled(about)],
  [10, spelled(control)],
  [1, fc.tuple(spelled(written), spelled(written)).map(([first, second]) => `${first}; ${second}`)],
  [
    0.5,
    fc.tuple(spelled(control), spelled(written)).map(([first, second]) => `${first}; ${second}`),
  ],
)
