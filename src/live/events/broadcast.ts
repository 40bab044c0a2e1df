import type { EventSink, EventStream } from './event-stream.ts'

/** The time between two events, in milliseconds. */
const tickMilliseconds = 1000
/** A stream ends after this time, so that the guard runs again; browsers reconnect by themselves. */
const longestStream = 60_000
/** A reader that takes nothing for this long is disconnected, in milliseconds. */
const patience = 30_000
/** Streams at a time; another one gets 503. */
export const maxStreams = 200

interface Reader {
  readonly sink: EventSink
  readonly opened: number
  /** When the reader took the last event. */
  readyAt: number
  /** Whether it has got the whole view. */
  complete: boolean
}

/** The event of a tick. `whole` is that of new readers; undefined if it was not wanted. */
export type MakeEvent = (isWholeWanted: boolean) => Promise<{
  readonly whole: Uint8Array | undefined
  readonly update: Uint8Array
}>

/** Sends the same event to all readers once per second. Without readers it does nothing. */
export class Broadcast {
  readonly #make: MakeEvent
  readonly #report: (error: unknown) => void
  readonly #readers = new Set<Reader>()
  #timer: NodeJS.Timeout | undefined
  #making = false

  constructor(make: MakeEvent, report: (error: unknown) => void) {
    this.#make = make
    this.#report = report
  }

  get readers(): number {
    return this.#readers.size
  }

  readonly stream: EventStream = {
    open: (sink) => {
      const now = performance.now()
      const reader: Reader = { sink, opened: now, readyAt: now, complete: false }
      this.#readers.add(reader)
      // Browsers wait between one and two seconds, so that they do not reconnect all at once.
      sink.write(Buffer.from(`retry: ${1000 + Math.round(Math.random() * 1000)}\n\n`))
      this.#timer ??= setInterval(() => this.#tick(), tickMilliseconds).unref()
      this.#tick()
      return () => this.#remove(reader)
    },
  }

  #remove(reader: Reader): void {
    this.#readers.delete(reader)
    if (this.#readers.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const now = performance.now()
    for (const reader of this.#readers) {
      const { sink, opened, readyAt } = reader
      if (sink.ready) reader.readyAt = now
      if (now - readyAt > patience && !sink.ready) {
        this.#remove(reader)
        sink.destroy()
      } else if (sink.closing || now - opened > longestStream) {
        this.#remove(reader)
        sink.end()
      }
    }
    // A slow event is not queued: the next tick sends the latest state.
    if (this.#making || this.#readers.size === 0) return
    this.#making = true
    const isWholeWanted = [...this.#readers].some(({ complete, sink }) => !complete && sink.ready)
    this.#make(isWholeWanted)
      .then(({ whole, update }) => {
        for (const reader of this.#readers) {
          // A reader that came while the event was made gets the next one.
          const event = reader.complete ? update : whole
          if (event === undefined || !reader.sink.ready) continue
          reader.sink.write(event)
          reader.complete = true
        }
      })
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#making = false
      })
  }
}
