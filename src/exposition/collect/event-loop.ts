const waiting: (() => void)[] = []

/**
 * Resolves in a later iteration of the event loop, one waiter per iteration: however many bodies are
 * being written, other work waits for one slice of one of them at most.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(resumeNext)
  })
}

function resumeNext(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(resumeNext)
}

/** The length of a time slice, in milliseconds. */
const sliceMilliseconds = 2

/** Cuts long work into time slices, so that it never holds the event loop for long. */
export class TimeSlices {
  #end = 0

  get isOver(): boolean {
    return performance.now() >= this.#end
  }

  /** Yields to the event loop and starts a new slice. */
  async next(): Promise<void> {
    await yieldToEventLoop()
    this.#end = performance.now() + sliceMilliseconds
  }
}

/** Maps the items in order, in time slices. */
export async function mapInSlices<T, R>(
  items: Iterable<T>,
  map: (item: T) => R | Promise<R>,
): Promise<R[]> {
  const slices = new TimeSlices()
  await slices.next()
  const mapped: R[] = []
  for (const item of items) {
    // oxlint-disable-next-line no-await-in-loop -- in order, to hold little at a time
    mapped.push(await map(item))
    // oxlint-disable-next-line no-await-in-loop -- yields to the event loop
    if (slices.isOver) await slices.next()
  }
  return mapped
}
