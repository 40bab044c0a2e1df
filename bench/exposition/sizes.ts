import { metricsResponse } from '../../src/index.ts'
import { ourRegistry } from './registries.ts'

export interface Encoded {
  readonly coding: string
  readonly bytes: number
  /** From the request to the complete body, in ms. */
  readonly milliseconds: number
}

/** Size and time of a body of this package's metrics by content coding, at the second scrape. */
export async function measureSizes(lines: number): Promise<Encoded[]> {
  const registry = ourRegistry(lines)
  const encoded: Encoded[] = []
  for (const coding of ['identity', 'gzip', 'br', 'zstd'] as const) {
    const headers = { 'accept-encoding': coding }
    const compression = coding === 'identity' ? false : [coding]
    let last: Encoded | undefined
    for (let scrape = 0; scrape < 2; scrape++) {
      const began = performance.now()
      const request = new Request('http://127.0.0.1/metrics', { headers })
      const response = await metricsResponse(request, { registry, compression })
      const milliseconds = performance.now() - began
      const isCoded = (response.headers.get('content-encoding') ?? 'identity') === coding
      const bytes = Number(response.headers.get('content-length'))
      last = isCoded ? { coding, bytes, milliseconds } : undefined
    }
    if (last !== undefined) encoded.push(last)
  }
  return encoded
}
