import { Agent, request } from 'node:http'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Seeded } from '../test/events/seeded.ts'

/** Sends 30 requests per second, each to a random route. */
export function startLoad(url: string, routes: readonly string[], random: Seeded): AsyncDisposable {
  const end = new AbortController()
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  const sending = (async () => {
    const start = performance.now()
    for (let sent = 0; !end.signal.aborted; sent++) {
      const late = performance.now() - start - (sent * 1000) / 30
      if (late < 0) await sleep(-late, undefined, { signal: end.signal }).catch(() => undefined)
      const [method = '', path = ''] = random.oneOf(routes).split(' ')
      void send(agent, method, url + path).catch(() => undefined)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await sending
      agent.destroy()
    },
  }
}

/** The caller goes away after 10 s. */
async function send(agent: Agent, method: string, url: string): Promise<void> {
  const sent = request(url, { agent, method, signal: AbortSignal.timeout(10_000) })
  sent.end()
  const [response] = await once(sent, 'response')
  response.resume()
}
