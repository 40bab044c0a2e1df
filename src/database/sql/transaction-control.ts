import { folded, namePart, skipBlank, sqlPattern, unquote } from './lexer.ts'

/** A statement that begins, divides or ends a transaction. */
export type TransactionControl =
  | { readonly control: 'begin' }
  /** `chain`: the next transaction begins at once. */
  | { readonly control: 'commit' | 'rollback'; readonly chain: boolean }
  | { readonly control: 'savepoint' | 'release' | 'rollback to'; readonly savepoint: string }

const work = String.raw`(?:\s+(?:WORK|TRAN(?:SACTION)?))?`
const transaction = String.raw`TRAN(?:SACTION)?`
const characteristics =
  'ISOLATION|LEVEL|SERIALIZABLE|REPEATABLE|READ|COMMITTED|UNCOMMITTED|WRITE|ONLY|NOT|DEFERRABLE|' +
  'DEFERRED|IMMEDIATE|EXCLUSIVE|CONCURRENT|WITH|CONSISTENT|SNAPSHOT'
const controlPattern = sqlPattern(
  [
    String.raw`(?:ROLLBACK${work}\s+TO(?:\s+SAVEPOINT)?|ROLLBACK\s+${transaction}(?!\s+AND\b))\s+(?<rollbackTo>${namePart})`,
    String.raw`RELEASE(?:\s+SAVEPOINT)?\s+(?<release>${namePart})`,
    String.raw`(?:SAVEPOINT|SAVE\s+${transaction})\s+(?<savepoint>${namePart})`,
    String.raw`(?<end>COMMIT|END|ROLLBACK|ABORT)\b${work}(?<chain>\s+AND\s+CHAIN)?(?:\s+AND\s+NO\s+CHAIN)?`,
    String.raw`(?<begin>BEGIN|START\s+TRANSACTION)\b${work}(?:(?:\s|,)+(?:${characteristics})\b)*`,
  ].join('|'),
)

/** Reads a statement that controls the transaction it runs in; undefined for every other. */
export function readTransactionControl(
  sql: string,
  provider?: string,
): TransactionControl | undefined {
  const start = skipBlank(sql, 0)
  if (start === undefined) return undefined
  controlPattern.lastIndex = start
  const found = controlPattern.exec(sql)?.groups
  if (found === undefined || !isEnd(sql, controlPattern.lastIndex)) return undefined
  const { begin, end, chain, rollbackTo, release, savepoint } = found
  if (begin !== undefined) return { control: 'begin' }
  if (end !== undefined) {
    const control = /^[CE]/iu.test(end) ? 'commit' : 'rollback'
    return { control, chain: chain !== undefined }
  }
  const name = savepointName(rollbackTo ?? release ?? (savepoint as string), provider)
  if (rollbackTo !== undefined) return { control: 'rollback to', savepoint: name }
  return { control: release === undefined ? 'savepoint' : 'release', savepoint: name }
}

/** True if only a semicolon, blanks and comments follow. */
function isEnd(sql: string, start: number): boolean {
  const at = skipBlank(sql, start)
  if (at === undefined || sql[at] !== ';') return at === sql.length
  return skipBlank(sql, at + 1) === sql.length
}

/** Servers fold names: `RELEASE A` ends `SAVEPOINT a`. MySQL and SQLite fold quoted names too. */
function savepointName(identifier: string, provider: string | undefined): string {
  if (provider === 'postgres') return folded(identifier, provider)
  const name = unquote(identifier)
  const folds = name === identifier || provider === 'mysql' || provider === 'sqlite'
  return folds ? name.toLowerCase() : name
}
