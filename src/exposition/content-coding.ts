import { pipeline } from 'node:stream/promises'
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { parseAccept } from './accept.ts'

/** The compressions there are, the one preferred among equals first: it costs least of the processor. */
export const contentCodings = ['zstd', 'br', 'gzip'] as const

export type ContentCoding = (typeof contentCodings)[number]

const chunkSize = 64 * 1024

// Node has zstd from 22.15 and 23.8 on, and its types from then on.
const { createZstdCompress } = zlib as { createZstdCompress?: (options: object) => Transform }

const compressors: Readonly<Record<ContentCoding, (() => Transform) | undefined>> = {
  zstd: createZstdCompress === undefined ? undefined : () => createZstdCompress({ chunkSize }),
  // A third of the time of the default level, for a body a fifth larger.
  gzip: () => zlib.createGzip({ chunkSize, level: 3 }),
  br: () => {
    // Already less than a third of what gzip leaves; the default takes seconds.
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 }
    return zlib.createBrotliCompress({ chunkSize, params })
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

/** Compresses in the thread pool. */
export async function compress(
  chunks: readonly Uint8Array[],
  coding: ContentCoding,
): Promise<Uint8Array[]> {
  const compressor = compressors[coding]
  if (compressor === undefined) throw new Error(`prisma-prometheus: no ${coding} on this Node`)
  const compressed: Uint8Array[] = []
  await pipeline(chunks, compressor(), async (output: AsyncIterable<Uint8Array>) => {
    for await (const chunk of output) compressed.push(chunk)
  })
  return compressed
}
