/** Remembers a stack, and writes it out when it is asked for. */
export class CallSite {
  readonly #holder: { stack?: string } = {}

  /** @param method the function whose caller is the first frame. */
  constructor(method: Function) {
    Error.captureStackTrace(this.#holder, method)
  }

  /** The stack frames, one per line. */
  get frames(): string | undefined {
    const [, ...lines] = (this.#holder.stack ?? '').split('\n')
    const frames = lines.map((line) => line.trim()).filter((line) => line.startsWith('at '))
    return frames.length === 0 ? undefined : frames.join('\n')
  }
}
