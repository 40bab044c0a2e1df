/** Mutants that behave like the code: no test can fail for them. With the reason of each. */
export const equivalents: ReadonlyMap<string, string> = new Map([
  ...[
    'if (!boundOnly || sample.sharedLabels !== shared) { ⇒ true (column 11)',
    'function hasBoundOnly({ labels, sharedLabels }: Sample): boolean { ⇒ {} (column 66)',
    'if (sharedLabels === undefined) return false ⇒ true (column 7)',
    "for (const name in labels) if (name !== 'le') return false ⇒ true (column 34)",
    'for (const name in labels) if (name !== \'le\') return false ⇒ "" (column 43)',
    'return true ⇒ false (column 10)',
  ].map((mutant): [string, string] => [
    `src/exposition/collect/aggregate.ts: ${mutant}`,
    'Looks up the labels of each sample, also if they are those of the last one: slower, the same sums.',
  ]),
  [
    'src/exposition/collect/aggregate.ts: rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum ⇒ Math.abs(sum) > Math.abs(value) (column 13)',
    'Of two values of one size, either may be the greater one: the rest is the same.',
  ],
  [
    'src/exposition/cluster/sum.ts: if (slices.isOver) await slices.next() ⇒ true (column 11)',
    'Lets the event loop run more often; the sums are the same.',
  ],
  [
    'src/database/statements/savepoints.ts: takeAll(rolledBack = false): T[] { ⇒ true (column 24)',
    'The caller without an argument has no `onEnd`, which alone would see it.',
  ],
  [
    'src/database/sql/lexer.ts: ? name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) ⇒ /[A-Z]/g (column 23)',
    'Folds letter by letter: the same text.',
  ],
  [
    'src/database/sql/lexer.ts: for (let i = start; i < sql.length; i++) { ⇒ i <= sql.length (column 23)',
    'One more step, which reads nothing.',
  ],
  [
    "src/database/sql/lexer.ts: return close < 0 || sql.slice(at, close).includes('\\\\') ? undefined : close + 1 ⇒ close <= 0 (column 14)",
    'What is found stands behind something else, so never at 0.',
  ],
  [
    'src/database/sql/lexer.ts: return close < 0 ? undefined : close + 1 ⇒ close <= 0 (column 14)',
    'What is found stands behind something else, so never at 0.',
  ],
  [
    'src/database/sql/lexer.ts: const end = newline < 0 ? sql.length : newline + 1 ⇒ newline <= 0 (column 17)',
    'What is found stands behind something else, so never at 0.',
  ],
  [
    "src/database/sql/lexer.ts: return end < 0 || sql.slice(at + 2, end).includes('/*') ? undefined : end + 2 ⇒ end <= 0 (column 10)",
    'What is found stands behind something else, so never at 0.',
  ],
  [
    'src/database/sql/split-statements.ts: for (let at = 0; at < sql.length;) { ⇒ at <= sql.length (column 20)',
    'One more step, which reads nothing.',
  ],
  [
    'src/database/sql/statement.ts: if (start === undefined) return other ⇒ false (column 7)',
    'The reading then begins at 0, at a blank or a comment, or ends: it finds nothing either.',
  ],
  [
    'src/database/sql/statement.ts: if (found === undefined || source < 0) return other ⇒ false (column 30)',
    'The rest is then one character, which holds no WHEN.',
  ],
  [
    'src/database/sql/statement.ts: if (found === undefined || source < 0) return other ⇒ source <= 0 (column 30)',
    'What is found stands behind something else, so never at 0.',
  ],
  [
    'src/database/sql/statement.ts: const end = found === undefined ? undefined : skipBlank(sql, pattern.lastIndex) ⇒ false (column 15)',
    'The other condition holds whenever this one does: it is for the types.',
  ],
  [
    'src/database/sql/statement.ts: if (found === undefined || end === undefined) return undefined ⇒ false (column 7)',
    'The other condition holds whenever this one does: it is for the types.',
  ],
  [
    'src/database/sql/statement.ts: if (from === undefined) return other ⇒ false (column 9)',
    'The reading then begins at 0, at a blank or a comment, or ends: it finds nothing either.',
  ],
  [
    'src/database/sql/statement.ts: let previous = \'\' ⇒ "Stryker was here!" (column 18)',
    'The first word of a SELECT replaces it.',
  ],
  [
    'src/database/sql/statement.ts: for (let at = start; at < sql.length;) { ⇒ at <= sql.length (column 24)',
    'One more step, which reads nothing.',
  ],
  [
    'src/database/sql/statement.ts: if (end === undefined) return undefined ⇒ false (column 9)',
    'The reading then begins at 0, at a blank or a comment, or ends: it finds nothing either.',
  ],
  [
    "src/database/sql/trailing-comment.ts: if (!sql.endsWith('*/')) return [sql, ''] ⇒ false (column 7)",
    'The comparison of indexes that follows decides the same, for every text.',
  ],
  [
    "src/database/sql/trailing-comment.ts: if (!sql.endsWith('*/')) return [sql, ''] ⇒ \"\" (column 21)",
    'The comparison of indexes that follows decides the same, for every text.',
  ],
  [
    'src/database/sql/transaction-control.ts: if (start === undefined) return undefined ⇒ false (column 7)',
    'The reading then begins at 0, at a blank or a comment, or ends: it finds nothing either.',
  ],
  [
    "src/database/sql/transaction-control.ts: if (at === undefined || sql[at] !== ';') return at === sql.length ⇒ false (column 7)",
    'The reading then begins at 0, at a blank or a comment, or ends: it finds nothing either.',
  ],
])
