/** Runs the task and returns its duration and the longest stall of the event loop, in ms. */
export async function timed(
  task: () => Promise<unknown>,
): Promise<{ milliseconds: number; stall: number }> {
  let stall = 0
  let last = performance.now()
  let running = true
  const look = (): void => {
    const now = performance.now()
    stall = Math.max(stall, now - last)
    last = now
    if (running) setImmediate(look)
  }
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      last = performance.now()
      setImmediate(look)
      resolve()
    })
  })
  const began = performance.now()
  await task()
  const milliseconds = performance.now() - began
  // Includes the tick in which the task ended.
  await new Promise((resolve) => setImmediate(resolve))
  running = false
  return { milliseconds, stall }
}
