/** Returns one of the choices, all with the same probability. */
export function oneOf<T>(choices: readonly T[]): T | undefined {
  return choices[Math.floor(Math.random() * choices.length)]
}

/** Returns an integer from `min` to `max`, both included. */
export function wholeNumber(min: number, max: number): number {
  return min + Math.floor(Math.random() * (max - min + 1))
}
