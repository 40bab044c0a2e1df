/** Wire types of protobuf. */
const varintType = 0
const doubleType = 1
const bytesType = 2

/** The most bytes of a character in UTF-8, per UTF-16 code unit. */
const bytesOfCharacter = 3

/**
 * Writes one protobuf message backwards, the last field first: the length of a nested message is
 * known when its prefix is written.
 *
 * https://protobuf.dev/programming-guides/encoding/
 */
export class MessageWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(16 * 1024)
  #view = new DataView(this.#bytes.buffer)
  #at = this.#bytes.length

  /** The number of bytes written so far: the end of a nested message, for {@link message}. */
  get length(): number {
    return this.#bytes.length - this.#at
  }

  /** The written bytes, which are valid until the next write. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#at)
    this.#at = this.#bytes.length
    return taken
  }

  /** Completes the nested message of all bytes written since {@link length} was `end`. */
  message(field: number, end: number): void {
    this.varint(this.length - end)
    this.#tag(field, bytesType)
  }

  double(field: number, value: number): void {
    this.#reserve(8)
    this.#at -= 8
    this.#view.setFloat64(this.#at, value, true)
    this.#tag(field, doubleType)
  }

  /** @param value an integer of at least 0 */
  unsigned(field: number, value: number): void {
    this.varint(value)
    this.#tag(field, varintType)
  }

  signed(field: number, value: number): void {
    this.zigZag(value)
    this.#tag(field, varintType)
  }

  zigZag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  string(field: number, text: string): void {
    const end = this.length
    this.#text(text)
    this.message(field, end)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#at -= bytes.length
    this.#bytes.set(bytes, this.#at)
  }

  varint(value: number): void {
    let size = 1
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1
    this.#reserve(size)
    this.#at -= size
    let rest = value
    for (let index = 0; index < size; index++) {
      const next = Math.floor(rest / 0x80)
      this.#bytes[this.#at + index] = rest - next * 0x80 + (index < size - 1 ? 0x80 : 0)
      rest = next
    }
  }

  #text(text: string): void {
    this.#reserve(text.length * bytesOfCharacter)
    const start = this.#at - text.length
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) return this.#utf8(text)
      this.#bytes[start + index] = code
    }
    this.#at = start
  }

  #utf8(text: string): void {
    this.#at -= Buffer.byteLength(text)
    this.#bytes.write(text, this.#at)
  }

  #tag(field: number, type: number): void {
    this.varint(field * 8 + type)
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#at) return
    const { length } = this
    const larger = Buffer.allocUnsafeSlow(2 * (length + bytes))
    this.#bytes.copy(larger, larger.length - length, this.#at)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
    this.#at = larger.length - length
  }
}
