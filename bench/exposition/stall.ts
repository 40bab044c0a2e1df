import { cpuMilliseconds } from '../rounds.ts'

/** All in milliseconds. */
export interface Timed {
  readonly milliseconds: number
  /** The longest stall of the event loop. */
  readonly stall: number
  /**
   * The most CPU time of the process in one iteration of the event loop: a stall, independent of other
   * load. It includes the threads of the garbage collector.
   */
  readonly cpuStall: number
}

/** Runs the task and returns its duration and the longest stalls. */
export async function timed(task: () => Promise<unknown>): Promise<Timed> {
  let stall = 0
  let cpuStall = 0
  let last = performance.now()
  let lastCpu = cpuMilliseconds()
  let running = true
  const look = (): void => {
    const now = performance.now()
    const cpu = cpuMilliseconds()
    stall = Math.max(stall, now - last)
    cpuStall = Math.max(cpuStall, cpu - lastCpu)
    last = now
    lastCpu = cpu
    if (running) setImmediate(look)
  }
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      last = performance.now()
      lastCpu = cpuMilliseconds()
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
  return { milliseconds, stall, cpuStall }
}
