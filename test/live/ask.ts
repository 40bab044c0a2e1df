import { request } from 'node:http'
import { Registry } from 'prom-client'
import { exposeMetrics, type ExpositionOptions, prismaMetrics } from '../../src/index.ts'
import { serve, type Served } from '../support/serve.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends a request as it is: `fetch` would rewrite the path and the header Host. */
export function ask(
  port: number,
  path: string,
  { method = 'GET', ...headers }: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, async (response) => {
      const body =
        response.headers['content-type']?.startsWith('text/event-stream') === true
          ? ''
          : (await response.toArray()).join('')
      response.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
      .on('error', reject)
      .end()
  })
}

/** A server with a live page, and a client whose metrics are registered. */
export async function servePage(options: Partial<ExpositionOptions> = {}): Promise<Served> {
  const registry = new Registry()
  prismaMetrics({ registry })
  const app = (_: unknown, res: { end(text: string): void }): void => res.end('app')
  return serve(exposeMetrics(app, { registry, live: true, ...options }))
}

/** Every path that the page serves, and spellings of them. */
export const paths = [
  '',
  '/',
  '/page.css',
  '/page.js',
  '/plots.js',
  '/stream.js',
  '/tables.js',
  '/icon.svg',
  '/uPlot.iife.min.js',
  '/uPlot.min.css',
  '/snapshot',
  '/events',
  '/runbooks',
  '/promql?model=A&operation=b',
].map((path) => `/metrics/live${path}`)
