/** Resolves at the first Ctrl-C, SIGTERM or closed terminal, one during the start included. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Not `once`: npm passes a Ctrl-C on that the terminal has sent already.
      process.on(signal, () => {
        resolve()
        setTimeout(() => process.exit(1), 10_000).unref()
      })
    }
  })
}
