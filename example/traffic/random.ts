/** One of the choices, each as likely as the others. */
export function oneOf<T>(choices: readonly T[]): T | undefined {
  return choices[Math.floor(Math.random() * choices.length)]
}

/** From `min` to `max`, both included. */
export function wholeNumber(min: number, max: number): number {
  return min + Math.floor(Math.random() * (max - min + 1))
}
