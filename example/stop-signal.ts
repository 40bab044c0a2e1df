/** Resolves at the first SIGINT, SIGTERM or SIGHUP, also during the start. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Not `once`: npm forwards a Ctrl-C that the terminal has already sent.
      process.on(signal, () => {
        resolve()
        setTimeout(() => process.exit(1), 10_000).unref()
      })
    }
  })
}
