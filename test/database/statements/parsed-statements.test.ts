import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { bucketBounds } from '../../../src/metrics/catalogue.ts'
import { createInstruments } from '../../../src/metrics/instruments.ts'
import { ModelNames } from '../../../src/database/model-names.ts'
import { ParsedStatements } from '../../../src/database/statements/parsed-statements.ts'
import { RowCounters } from '../../../src/database/statements/row-counters.ts'

function parsedStatements(provider = 'postgres'): ParsedStatements {
  const { instruments } = createInstruments({
    client: 'default',
    registry: new Registry(),
    prefix: 'prisma_',
    buckets: bucketBounds.duration,
    maxSeries: 100,
  })
  const rows = new RowCounters(instruments, 100)
  return new ParsedStatements({ instruments, rows, models: new ModelNames({}) }, provider)
}

test('reads a text once, whatever comment ends it', () => {
  const statements = parsedStatements()
  const sql = 'INSERT INTO "Tag" ("name") VALUES ($1) '
  const [first, second, third] = ['a-01', 'b-01', 'c * / -- d'].map((trace) =>
    statements.of(`${sql}/* traceparent='${trace}' */`),
  )
  expect(second).toBe(first)
  expect(third).toBe(first)
  expect(statements.of(sql)).toBe(first)
})

test.each([
  ['that MySQL runs', 'DELETE FROM a /*! WHERE 1 = 0 */'],
  ['that MariaDB runs', 'DELETE FROM a /*M! WHERE 1 = 0 */'],
  ['inside another one', 'DELETE FROM a /* b /* c */ */'],
])('keeps a comment %s', (_what, sql) => {
  const statements = parsedStatements()
  const beginning = sql.slice(0, sql.lastIndexOf('/*'))
  expect(statements.of(sql)).not.toBe(statements.of(beginning))
})
