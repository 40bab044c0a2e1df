const given = process.env['TRUTH_SEED']

/** True if one seed is examined: the numbers are then compared after each step, not only at the end. */
export const eachStep = given !== undefined && !given.includes('-')

/**
 * The seeds a random program runs with: the fixed ones, or those of TRUTH_SEED alone, which is a number,
 * a range (`101-120`) or `random`. By default nothing is left to chance, so that a red run speaks of the
 * change under test.
 */
export function truthSeeds(...fixed: number[]): number[] {
  if (given === undefined) return fixed
  if (given === 'random') return [Math.floor(Math.random() * 1_000_000_000)]
  const [first = 0, last = first] = given.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
