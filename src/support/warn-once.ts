/** Reports only the first error as a process warning, to keep the log short. */
export function warnOnce(message: string): (error: unknown) => void {
  let warned = false
  return (error) => {
    if (warned) return
    warned = true
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.emitWarning(message, { type: 'PrismaPrometheusWarning', detail })
  }
}
