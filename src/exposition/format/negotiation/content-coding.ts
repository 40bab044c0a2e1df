import { once } from 'node:events'
import type { Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { parseAccept } from './accept.ts'

/** The supported compressions, in the default order of preference: the one that takes least CPU first. */
export const contentCodings = ['zstd', 'br', 'gzip'] as const

export type ContentCoding = (typeof contentCodings)[number]

const chunkSize = 64 * 1024

/** Bytes that may wait for the thread pool: enough for compressing and writing not to wait for each other. */
const writableHighWaterMark = 1024 * 1024

// Node has zstd since 22.15 and 23.8; the types of Node 20 do not have it.
const { createZstdCompress } = zlib as { createZstdCompress?: (options: object) => Transform }

const compressors: Readonly<Record<ContentCoding, (() => Transform) | undefined>> = {
  zstd:
    createZstdCompress === undefined
      ? undefined
      : () => createZstdCompress({ chunkSize, writableHighWaterMark }),
  // Level 3 takes a third of the default level's time, for a body that is a fifth larger.
  gzip: () => zlib.createGzip({ chunkSize, writableHighWaterMark, level: 3 } as zlib.ZlibOptions),
  br: () => {
    // Less than a third of gzip's size already; the default quality takes seconds.
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
 * Negotiates the compression: the highest quality wins, then the order of `offered`. Undefined if the
 * header is missing, prefers the uncompressed body, or accepts no coding on offer.
 *
 * https://www.rfc-editor.org/rfc/rfc9110#field.accept-encoding
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
    const quality = qualities.get(coding) ?? qualities.get('*') ?? 0
    if (quality > 0 && (best === undefined ? quality >= bestQuality : quality > bestQuality)) {
      best = coding
      bestQuality = quality
    }
  }
  return best
}

/** Receives the chunks of a body while it is written. */
export interface Sink {
  /**
   * Resolves when the sink can take more.
   *
   * @param onRead called when the chunk may be reused; never called if the sink keeps it
   */
  write(chunk: Uint8Array, onRead: () => void): Promise<void> | undefined
  /** Resolves with the chunks of the body as it is sent. */
  end(): Promise<Uint8Array[]>
}

/** A sink that compresses in the thread pool, or keeps the chunks if `coding` is undefined. */
export function sinkFor(coding: ContentCoding | undefined): Sink {
  const chunks: Uint8Array[] = []
  if (coding === undefined) {
    return { write: (chunk) => void chunks.push(chunk), end: () => Promise.resolve(chunks) }
  }
  const compressor = compressors[coding]?.()
  if (compressor === undefined)
    throw new Error(`prisma-prometheus: this version of Node does not support ${coding}`)
  compressor.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  const ended = finished(compressor)
  // `end` rejects with the error; without a handler until then it would end the process.
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
