/**
 * The seeds a random program runs with: the fixed ones, or that of TRUTH_SEED alone, which may be
 * `random`, or a range such as `1-10`. By default nothing is left to chance, so that a red run speaks of the change under test.
 */
export function truthSeeds(...fixed: number[]): number[] {
  const given = process.env['TRUTH_SEED']
  if (given === undefined) return fixed
  const [, first, last] = /^(\d+)-(\d+)$/.exec(given) ?? []
  if (last !== undefined) {
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, add) => Number(first) + add)
  }
  return [given === 'random' ? Math.floor(Math.random() * 1_000_000_000) : Number(given)]
}
