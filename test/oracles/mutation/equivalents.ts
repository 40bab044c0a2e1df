/** Mutants that behave like the code: no test can fail for them. With the reason of each. */
export const equivalents: ReadonlyMap<string, string> = new Map([
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
