const chunkSize = 64 * 1024

/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const bytesOfCharacter = 3

/** The most digits of a safe integer, and a newline. */
export const bytesOfCount = 17

/** Of a protobuf varint of 32 bits. */
const bytesOfLength = 5

const zero = 0x30

/** An exposition as it is sent. Every response with the same body shares its chunks. */
export class Body {
  readonly chunks: readonly Uint8Array[]
  readonly length: number

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks
    this.length = chunks.reduce((total, chunk) => total + chunk.length, 0)
  }
}

/**
 * Writes text as bytes into chunks. Lines concatenated as strings would be garbage once they are sent,
 * more than the body is long, and collecting it would block the event loop.
 */
export class ByteWriter {
  #chunk: Buffer = Buffer.alloc(0)
  #length = 0
  #full: Uint8Array[] = []
  readonly #free: Buffer[] = []

  /** Makes room for that many bytes in one chunk; positions stay valid until they are written. */
  reserve(bytes: number): void {
    if (this.#length + bytes <= this.#chunk.length) return
    if (this.#length > 0) this.#full.push(this.#chunk.subarray(0, this.#length))
    const free = bytes <= chunkSize ? this.#free.pop() : undefined
    this.#chunk = free ?? Buffer.allocUnsafeSlow(Math.max(chunkSize, bytes))
    this.#length = 0
  }

  /** Writes any text and reserves the room for it. */
  text(text: string): void {
    const most = text.length * bytesOfCharacter
    const isSurelyRoom = this.#length + most <= this.#chunk.length
    this.reserve(isSurelyRoom ? most : Buffer.byteLength(text))
    this.#length += this.#chunk.write(text, this.#length)
  }

  /** The end of the written part of the chunk. */
  get position(): number {
    return this.#length
  }

  /** Copies the bytes between two positions into reserved room. */
  again(start: number, end: number): void {
    this.#chunk.copyWithin(this.#length, start, end)
    this.#length += end - start
  }

  /** Writes into reserved room. */
  bytes(bytes: Uint8Array): void {
    this.#chunk.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /**
   * Leaves room for a length that is not known yet, as a protobuf varint of five bytes. The returned
   * function writes it, before the chunks are taken.
   */
  lengthLater(): (length: number) => void {
    this.reserve(bytesOfLength)
    const chunk = this.#chunk
    const start = this.#length
    this.#length += bytesOfLength
    return (length) => {
      for (let index = 0; index < bytesOfLength; index++) {
        const more = index < bytesOfLength - 1 ? 0x80 : 0
        chunk[start + index] = ((length >>> (7 * index)) & 0x7f) | more
      }
    }
  }

  /** Writes an integer of at least 0 into reserved room. */
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

  /** Writes into reserved room. */
  newLine(): void {
    this.#chunk[this.#length] = 0x0a
    this.#length += 1
  }

  /** Hands over the full chunks. */
  take(): Uint8Array[] {
    const taken = this.#full
    this.#full = []
    return taken
  }

  /** Allows a chunk that was taken to be overwritten. */
  reuse({ buffer }: Uint8Array): void {
    if (buffer.byteLength === chunkSize) this.#free.push(Buffer.from(buffer))
  }

  /** Hands over all chunks, the last one too. */
  end(): Uint8Array[] {
    if (this.#length > 0) this.#full.push(this.#chunk.subarray(0, this.#length))
    return this.take()
  }

  /** Returns a function that removes everything written since, except chunks that were taken. */
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
