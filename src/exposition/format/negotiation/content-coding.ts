import { once } from 'node:events'
import type { Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { parseAccept } from './accept.ts'

/** The compressions there are, the one preferred among equals first: it costs least of the processor. */
export const contentCodings = ['zstd', 'br', 'gzip'] as const

export type ContentCoding = (typeof contentCodings)[number]

const chunkSize = 64 * 1024

/** How much may wait for the thread pool: enough for it and the writing not to wait for each other. */
const writableHighWaterMark = 1024 * 1024

// Node has zstd from 22.15 and 23.8 on, and its types from then on.
const { createZstdCompress } = zlib as { createZstdCompress?: (options: object) => Transform }

const compressors: Readonly<Record<ContentCoding, (() => Transform) | undefined>> = {
  zstd:
    createZstdCompress === undefined
      ? undefined
      : () => createZstdCompress({ chunkSize, writableHighWaterMark }),
  // A third of the time of the default level, for a body a fifth larger.
  gzip: () => zlib.createGzip({ chunkSize, writableHighWaterMark, level: 3 } as zlib.ZlibOptions),
  br: () => {
    // Already less than a third of what gzip leaves; the default takes seconds.
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 }
    return zlib.createBrotliCompress({
      chunkSize,
      writableHighWaterMark,
      params,
    } as zlib.BrotliOptions)
  },
}

export function isAvailable(coding: ContentCoding): boolean {
  return compressors[coding] !== undefined
}

/**
 * The compression the scraper likes best of those offered, or none: where it does not ask, where it
 * likes the bare body better, and where it accepts nothing that there is.
 */
export function negotiateCoding(
  acceptEncoding: string | undefined,
  offered: readonly ContentCoding[],
): ContentCoding | undefined {
  if (acceptEncoding === undefined) return undefined
  const qualities = new Map<string, number>()
  for (const { value, quality } of parseAccept(acceptEncoding)) {
    if (!qualities.has(value)) qualities.set(value, quality)
  }
  let best: ContentCoding | undefined
  let bestQuality = qualities.get('identity') ?? 0
  for (const coding of offered) {
    const quality = qualities.get(coding) ?? 0
    if (quality > 0 && (best === undefined ? quality >= bestQuality : quality > bestQuality)) {
      best = coding
      bestQuality = quality
    }
  }
  return best
}

/** Where a body's chunks go while it is written. */
export interface Sink {
  /**
   * Resolves when there is room for more.
   *
   * @param onRead called when the chunk is not needed any more, if it comes to that
   */
  write(chunk: Uint8Array, onRead: () => void): Promise<void> | undefined
  /** The chunks of the body as it is sent. */
  end(): Promise<Uint8Array[]>
}

/** Compresses what is written to it, in the thread pool, or keeps it as it is. */
export function sinkFor(coding: ContentCoding | undefined): Sink {
  const chunks: Uint8Array[] = []
  if (coding === undefined) {
    return { write: (chunk) => void chunks.push(chunk), end: () => Promise.resolve(chunks) }
  }
  const compressor = compressors[coding]?.()
  if (compressor === undefined) throw new Error(`prisma-prometheus: no ${coding} on this Node`)
  compressor.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  const ended = finished(compressor)
  // Whoever waits for the end is told.
  ended.catch(() => {})
  return {
    async write(chunk, onRead) {
      if (!compressor.write(chunk, onRead)) await Promise.race([once(compressor, 'drain'), ended])
    },
    async end() {
      compressor.end()
      await ended
      return chunks
    },
  }
}
