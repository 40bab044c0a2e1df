import { expect, test } from 'vitest'
import { readTransactionControl } from '../../../src/database/sql/transaction-control.ts'

/** A control in words: `commit and chain`, `rollback to a`; undefined for other statements. */
function readControl(sql: string, provider?: string): string | undefined {
  const control = readTransactionControl(sql, provider)
  const name = control && 'savepoint' in control ? ` ${control.savepoint}` : ''
  const chain = control && 'chain' in control && control.chain ? ' and chain' : ''
  return control && `${control.control}${name}${chain}`
}

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
])('reads transaction control: %s', (sql, expected) => {
  expect(readControl(sql)).toBe(expected)
})

// A savepoint is found again by the name that the server compares.
test.each([
  ['postgres', 'SAVEPOINT Mixed', 'savepoint mixed'],
  ['postgres', 'SAVEPOINT "Mixed"', 'savepoint Mixed'],
  ['postgres', 'SAVEPOINT É', 'savepoint É'],
  ['mysql', 'SAVEPOINT Mixed', 'savepoint mixed'],
  ['mysql', 'SAVEPOINT `Mixed`', 'savepoint mixed'],
  ['sqlite', 'SAVEPOINT Mixed', 'savepoint mixed'],
  ['sqlite', 'SAVEPOINT "Mixed"', 'savepoint mixed'],
  ['sqlserver', 'SAVE TRANSACTION Mixed', 'savepoint mixed'],
  ['sqlserver', 'SAVE TRANSACTION [Mixed]', 'savepoint Mixed'],
])('%s: folds the name of a savepoint: %s', (provider, sql, expected) => {
  expect(readControl(sql, provider)).toBe(expected)
})
