const waiting: (() => void)[] = []

/**
 * Resolves in a later turn of the event loop, one waiter a turn: however many bodies are being
 * written, what else the loop has to do waits for one slice of one of them at most.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(giveTurn)
  })
}

function giveTurn(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(giveTurn)
}

/** How long work may go on before it has to wait for its next turn, in milliseconds. */
const sliceMilliseconds = 2

/** A stretch of work that is cut into slices, so that it never holds the event loop for long. */
export class Slices {
  #end = 0

  get isOver(): boolean {
    return performance.now() >= this.#end
  }

  async next(): Promise<void> {
    await nextTurn()
    this.#end = performance.now() + sliceMilliseconds
  }
}

/** Maps one item after the other, in slices. */
export async function mapInSlices<T, R>(
  items: Iterable<T>,
  map: (item: T) => R | Promise<R>,
): Promise<R[]> {
  const slices = new Slices()
  await slices.next()
  const mapped: R[] = []
  for (const item of items) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is what it is for
    mapped.push(await map(item))
    // oxlint-disable-next-line no-await-in-loop -- so is waiting
    if (slices.isOver) await slices.next()
  }
  return mapped
}
