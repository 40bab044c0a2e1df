/** An exposition as it is sent. Its chunks are shared by all who are sent it. */
export class Body {
  readonly chunks: readonly Uint8Array[]
  readonly length: number

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks
    this.length = chunks.reduce((total, chunk) => total + chunk.length, 0)
  }
}
