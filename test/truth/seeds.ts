/**
 * The seeds a random program runs with: the fixed ones, or that of TRUTH_SEED alone, which may be
 * `random`. By default nothing is left to chance, so that a red run speaks of the change under test.
 */
export function truthSeeds(...fixed: number[]): number[] {
  const given = process.env['TRUTH_SEED']
  if (given === undefined) return fixed
  return [given === 'random' ? Math.floor(Math.random() * 1_000_000_000) : Number(given)]
}
