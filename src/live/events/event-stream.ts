/** The end of a stream that a reader is connected to. */
export interface EventSink {
  /** Whether the reader has taken what was written. */
  readonly ready: boolean
  /** Whether the server stops, so that its streams must end. */
  readonly closing: boolean
  write(event: Uint8Array): void
  end(): void
  /** Closes the connection of a reader that takes nothing. */
  destroy(): void
}

/** A stream of server-sent events. */
export interface EventStream {
  /** Starts to write. Returns a function to call when the reader disconnects. */
  readonly open: (sink: EventSink) => () => void
}
