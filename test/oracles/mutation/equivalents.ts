/** Mutants that behave like the code: no test can fail for them. With the reason of each. */
export const equivalents: ReadonlyMap<string, string> = new Map()
