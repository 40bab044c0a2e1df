/** Bytes of a decompressed body; a scrape of 100,000 series has about 10 MiB. */
export const maxBodyBytes: number = 64 * 1024 * 1024

/**
 * The body, decompressed. It is read in chunks, so that a small compressed response cannot fill the
 * memory.
 *
 * @throws {Error} if it is larger than {@link maxBodyBytes}.
 */
export async function readBody(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > maxBodyBytes) {
      throw new Error(`expected a body of at most ${maxBodyBytes} bytes, got more`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
