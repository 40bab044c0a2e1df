/**
 * Resolves at the first Ctrl-C or SIGTERM, one that comes during the start included. A second one
 * ends the process at once.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
