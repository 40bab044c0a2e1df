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
    'src/database/statements/savepoints.ts: return index < 0 ? [] : this.#levels.splice(index) ⇒ index <= 0 (column 12)',
    'Level 0 is the transaction itself: no savepoint has its index.',
  ],
  [
    'src/database/statements/savepoints.ts: takeAll(rolledBack = false): T[] { ⇒ true (column 24)',
    'The caller without an argument has no `onEnd`, which alone would see it.',
  ],
])
