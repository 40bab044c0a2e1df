const chunkSize = 64 * 1024

/** A character of UTF-16 is three bytes of UTF-8 at most. */
const bytesOfCharacter = 3

/** As many digits as a safe integer has at most, and a newline. */
export const bytesOfCount = 17

const zero = 0x30

/**
 * Writes text as bytes into chunks. Lines put together as strings are garbage once they are sent, more
 * of it than the body is long, and collecting it holds up the event loop; this leaves the chunks only.
 */
export class ByteWriter {
  #chunk: Buffer = Buffer.alloc(0)
  #length = 0
  #full: Uint8Array[] = []
  readonly #free: Buffer[] = []

  /** Makes room for so many bytes in one chunk: until they are there, positions stay valid. */
  reserve(bytes: number): void {
    if (this.#length + bytes <= this.#chunk.length) return
    if (this.#length > 0) this.#full.push(this.#chunk.subarray(0, this.#length))
    const free = bytes <= chunkSize ? this.#free.pop() : undefined
    this.#chunk = free ?? Buffer.allocUnsafeSlow(Math.max(chunkSize, bytes))
    this.#length = 0
  }

  /** Writes any text, and makes room for it. */
  text(text: string): void {
    const most = text.length * bytesOfCharacter
    const isSurelyRoom = this.#length + most <= this.#chunk.length
    this.reserve(isSurelyRoom ? most : Buffer.byteLength(text))
    this.#length += this.#chunk.write(text, this.#length)
  }

  /** The end of what has been written to the chunk. */
  get position(): number {
    return this.#length
  }

  /** Writes again what stands between two positions, into room that is reserved. */
  again(start: number, end: number): void {
    this.#chunk.copyWithin(this.#length, start, end)
    this.#length += end - start
  }

  /** Into room that is reserved. */
  bytes(bytes: Uint8Array): void {
    this.#chunk.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** A whole number from 0 on, into room that is reserved. */
  count(count: number): void {
    const chunk = this.#chunk
    let end = this.#length + 1
    for (let rest = count; rest >= 10; rest = Math.floor(rest / 10)) end += 1
    let at = end
    let rest = count
    do {
      at -= 1
      const next = Math.floor(rest / 10)
      chunk[at] = zero + (rest - next * 10)
      rest = next
    } while (rest > 0)
    this.#length = end
  }

  /** Into room that is reserved. */
  newLine(): void {
    this.#chunk[this.#length] = 0x0a
    this.#length += 1
  }

  /** The full chunks, which are not kept. */
  take(): Uint8Array[] {
    const taken = this.#full
    this.#full = []
    return taken
  }

  /** Writes over a chunk that was taken, when there is a use for it. */
  reuse({ buffer }: Uint8Array): void {
    if (buffer.byteLength === chunkSize) this.#free.push(Buffer.from(buffer))
  }

  /** All that there is, to the end. */
  end(): Uint8Array[] {
    if (this.#length > 0) this.#full.push(this.#chunk.subarray(0, this.#length))
    return this.take()
  }

  /** A function that takes off again what is written from here on, unless it has been taken. */
  mark(): () => void {
    const chunk = this.#chunk
    const length = this.#length
    const full = this.#full.length
    return () => {
      this.#chunk = chunk
      this.#length = length
      this.#full.length = full
    }
  }
}
