import type { IncomingMessage, ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { serve } from '../../support/serve.ts'
import { decode, type OtlpRequest } from './decode.ts'
import { Ledger } from './ledger.ts'
import { pointsOf } from './points.ts'

/** Decides how a request is answered: with a status, or never. */
export type Manner = () => number | undefined | Promise<number | undefined>

/** A receiver of OTLP/HTTP, JSON and protobuf, that adds up what it is sent. */
export interface Receiver extends AsyncDisposable {
  /** For `new OTLPMetricExporter({ url })`. */
  readonly url: string
  readonly ledger: Ledger
  readonly requests: readonly OtlpRequest[]
  /** Requests that are not answered yet. */
  readonly open: number
  /** How the next requests are answered. */
  manner: Manner
}

export async function startReceiver(): Promise<Receiver> {
  const ledger = new Ledger()
  const requests: OtlpRequest[] = []
  let open = 0
  let manner: Manner = accept
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    open += 1
    response.once('close', () => (open -= 1))
    const body = await bodyOf(request)
    if (request.url !== '/v1/metrics') {
      response.writeHead(404).end()
      return
    }
    const status = await manner()
    if (status === undefined || response.destroyed) return
    if (status === 200) {
      const decoded = decode(request.headers['content-type'] ?? '', body)
      requests.push(decoded)
      ledger.add(pointsOf(decoded))
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  }
  const served = await serve((request, response) => void listener(request, response))
  return {
    url: `${served.url}/v1/metrics`,
    ledger,
    requests,
    get open() {
      return open
    },
    get manner() {
      return manner
    },
    set manner(next) {
      manner = next
    },
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  }
}

export const accept: Manner = () => 200
export const refuse: Manner = () => 400
export const hang: Manner = () => undefined

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}
