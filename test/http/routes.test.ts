import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { scrape } from '../support/scrape.ts'
import { routeCases } from './route-cases.ts'
import { routeServers } from './route-servers.ts'

describe.for(Object.entries(routeServers))('%s', ([, start]) => {
  test('reports each request under the template of its route', async () => {
    await using server = await start(new Registry())
    const reported: Record<string, string> = {}
    let before = await counts(server.url)
    for (const { title, request } of routeCases) {
      const [method, path] = request
      await (await fetch(server.url + path, { method })).arrayBuffer()
      const after = await counts(server.url)
      const grown = Object.keys(after).filter((series) => after[series] !== before[series])
      reported[title] = grown.join(' and ')
      before = after
    }
    expect(reported).toEqual(
      Object.fromEntries(
        routeCases.map(({ title, request: [method], route, status }) => [
          title,
          `${method} ${route} ${status}`,
        ]),
      ),
    )
  })
})

/** Finished requests, as `METHOD route status` → count. */
async function counts(url: string): Promise<Record<string, number>> {
  const body = await scrape(`${url}/metrics`)
  const line =
    /^http_server_request_duration_seconds_count\{http_request_method="(.*)",http_route="(.*)",http_response_status_code="(.*)"\} (\d+)$/gm
  return Object.fromEntries(
    [...body.matchAll(line)].map(([, method, route, status, count]) => [
      `${method} ${route} ${status}`,
      Number(count),
    ]),
  )
}
