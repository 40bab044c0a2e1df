import { Histories } from './histories.ts'
import type { Reading } from './reading.ts'

/** Reads the catalogue's metrics; calls `use` with them before it yields to the event loop. */
export type ReadMetrics = <T>(use: (reading: Reading) => T) => Promise<T>

/** The time between two readings while nobody watches, in milliseconds. */
const sampleMilliseconds = 10_000
/** Sampling stops if there was no reader for this long, in milliseconds. */
const idleMilliseconds = 5 * 3600 * 1000
/** A reading serves all readers for this long, in milliseconds. */
const freshMilliseconds = 900

/** What the page knows of this process, or of all workers. */
export interface Recorded {
  readonly reading: Reading
  readonly histories: Histories
  /** When it was read: milliseconds of `performance.now()`. */
  readonly at: number
  /** Since when it records. */
  readonly since: number
}

/**
 * Samples the metrics from its first reader on, until nobody has read for five hours. Then it drops
 * everything that it has recorded.
 */
export class Recorder {
  readonly #read: ReadMetrics
  readonly #report: (error: unknown) => void
  readonly #onStop: () => void
  #histories: Histories | undefined
  #timer: NodeJS.Timeout | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #since = 0
  #usedAt = 0
  #previous: Promise<void> = Promise.resolve()
  #latest: Reading | undefined

  /** @param onStop called when sampling stops */
  constructor(read: ReadMetrics, report: (error: unknown) => void, onStop: () => void) {
    this.#read = read
    this.#onStop = onStop
    this.#report = report
  }

  /** Whether it samples. */
  get active(): boolean {
    return this.#timer !== undefined
  }

  /** Reads the metrics, unless a reading is fresh, and calls `use` with what is recorded. */
  read<T>(use: (recorded: Recorded) => T): Promise<T> {
    this.#usedAt = performance.now()
    this.#start()
    return this.#take(use)
  }

  // One after the other: two readings at a time would add the same growth twice.
  #take<T>(use: (recorded: Recorded) => T): Promise<T> {
    const taken = this.#previous.then(() => this.#sample(use))
    this.#previous = taken.then(
      () => undefined,
      () => undefined,
    )
    return taken
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#histories = new Histories()
    this.#since = performance.now()
    this.#timer = setInterval(() => this.#tick(), sampleMilliseconds)
    this.#timer.unref()
  }

  #tick(): void {
    const now = performance.now()
    if (now - this.#usedAt > idleMilliseconds) {
      this.stop()
      return
    }
    if (now - this.#readAt < sampleMilliseconds / 2) return
    this.#take(() => undefined).catch(this.#report)
  }

  /** Stops sampling and drops the histories. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#histories = undefined
    this.#latest = undefined
    this.#readAt = Number.NEGATIVE_INFINITY
    this.#onStop()
  }

  async #sample<T>(use: (recorded: Recorded) => T): Promise<T> {
    const latest = this.#latest
    if (latest !== undefined && performance.now() - this.#readAt < freshMilliseconds) {
      return use(this.#recorded(latest))
    }
    return this.#read((reading) => {
      const at = performance.now()
      this.#readAt = at
      this.#latest = reading
      const recorded = this.#recorded(reading)
      recorded.histories.record(reading, at / 1000)
      return use(recorded)
    })
  }

  #recorded(reading: Reading): Recorded {
    // Sampling may have stopped since the reading began.
    const histories = (this.#histories ??= new Histories())
    return { reading, histories, at: this.#readAt, since: this.#since }
  }
}
