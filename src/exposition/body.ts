import type { ContentCoding } from './content-coding.ts'
import { compress } from './content-coding.ts'

/** A rendered exposition. Its chunks are shared by all who are sent it. */
export class Body {
  readonly chunks: readonly Uint8Array[]
  readonly length: number
  readonly #encoded = new Map<ContentCoding, Promise<Body>>()

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks
    this.length = chunks.reduce((total, chunk) => total + chunk.length, 0)
  }

  /** The same, compressed: once for all who ask for it. */
  encoded(coding: ContentCoding): Promise<Body> {
    let body = this.#encoded.get(coding)
    if (body === undefined) {
      body = compress(this.chunks, coding).then((chunks) => new Body(chunks))
      this.#encoded.set(coding, body)
    }
    return body
  }
}
