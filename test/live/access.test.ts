import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { liveResponse } from '../../src/index.ts'
import { ask, paths, servePage } from './ask.ts'

const basic = (credentials: string): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
})

describe('a page without authorize', () => {
  test.each(['localhost', 'localhost:3000', '127.0.0.1:80', '10.1.2.3', '[::1]', '[::1]:3000'])(
    'answers at %s',
    async (host) => {
      await using served = await servePage()
      expect((await ask(served.port, '/metrics/live', { host })).status).toBe(200)
    },
  )

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '1', '[evil]'])(
    'refuses the host %j on every path',
    async (host) => {
      await using served = await servePage()
      for (const path of paths) {
        expect((await ask(served.port, path, { host })).status, path).toBe(403)
      }
    },
  )

  test('believes no address that a proxy reports', async () => {
    await using served = await servePage()
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'localhost',
      forwarded: 'host=localhost',
    }
    expect((await ask(served.port, '/metrics/live', headers)).status).toBe(403)
  })
})

describe('a page that authorize guards', () => {
  test('guards every path, also at localhost', async () => {
    await using served = await servePage({ authorize: { bearer: 'secret' } })
    for (const path of [
      ...paths,
      '/metrics/live/unknown',
      '/metrics/live//',
      '/metrics/live/%2e',
    ]) {
      for (const method of ['GET', 'HEAD', 'POST']) {
        expect((await ask(served.port, path, { method })).status, `${method} ${path}`).toBe(401)
      }
    }
  })

  test('sends both challenges, and accepts the token as the password of any user', async () => {
    await using served = await servePage({ authorize: { bearer: 'secret' } })
    const refused = await ask(served.port, '/metrics/live')
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer realm="metrics", Basic realm="metrics", charset="UTF-8"',
    )
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await ask(served.port, '/metrics/live', headers)).status
    expect(await status({ authorization: 'Bearer secret' })).toBe(200)
    expect(await status(basic('anyone:secret'))).toBe(200)
    expect(await status(basic(':secret'))).toBe(200)
    expect(await status(basic('secret:other'))).toBe(401)
    expect(await status(basic('secret'))).toBe(401)
    // The scrape keeps its own rules.
    expect((await ask(served.port, '/metrics', basic('anyone:secret'))).status).toBe(401)
  })

  test('answers at any host', async () => {
    await using served = await servePage({ authorize: { bearer: 'secret' } })
    const headers = { host: 'metrics.example', authorization: 'Bearer secret' }
    expect((await ask(served.port, '/metrics/live', headers)).status).toBe(200)
  })

  test('asks a function for every path', async () => {
    await using served = await servePage({
      authorize: (request) => request.headers['x-user'] === 'admin',
    })
    for (const path of paths) {
      expect((await ask(served.port, path)).status, path).toBe(403)
      expect((await ask(served.port, path, { 'x-user': 'admin' })).status, path).toBe(200)
    }
  })
})

test('is off by default', async () => {
  await using served = await servePage({ live: false })
  expect((await ask(served.port, '/metrics/live')).body).toBe('app')
})

test('refuses methods that could change something', async () => {
  await using served = await servePage()
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    for (const path of paths) {
      const { status, headers } = await ask(served.port, path, { method })
      expect([status, headers['allow']], `${method} ${path}`).toEqual([405, 'GET, HEAD'])
    }
  }
})

test('sends its policy and no-sniff headers with every answer', async () => {
  await using served = await servePage()
  for (const path of [...paths, '/metrics/live/unknown']) {
    const { headers } = await ask(served.port, path)
    expect(headers['x-content-type-options'], path).toBe('nosniff')
    expect(headers['cache-control'], path).toContain('no-store')
    expect(headers['content-security-policy'], path).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
  }
})

test('leaves other spellings of its paths to the application', async () => {
  await using served = await servePage()
  for (const path of ['//metrics/live', '/metrics/%6cive', '/metrics/live2', '/METRICS/LIVE']) {
    expect((await ask(served.port, path)).body, path).toBe('app')
  }
  expect((await ask(served.port, '/metrics/live/../page.js')).status).toBe(404)
  expect((await ask(served.port, '/metrics/live/__proto__')).status).toBe(404)
})

test('serves a page of its own path', async () => {
  await using served = await servePage({ live: { path: '/internal/prisma' } })
  expect((await ask(served.port, '/internal/prisma')).body).toContain('href="prisma/page.css"')
  expect((await ask(served.port, '/metrics/live')).body).toBe('app')
})

test.each([
  [{ live: 'yes' }, 'live: expected true, false or an object, got "yes"'],
  [{ live: { paht: '/x' } }, 'live: expected only path, got "paht"'],
  [{ live: { path: 'x' } }, 'live.path: expected a path from / on'],
])('rejects the option %j', async (options, message) => {
  await expect(servePage(options as object)).rejects.toThrow(message)
})

describe('liveResponse', () => {
  const page = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    liveResponse(new Request(url, { headers }), {
      registry: new Registry(),
      authorize: { bearer: 'secret' },
    })

  test('answers behind any prefix, with the same guard', async () => {
    const authorized = { authorization: 'Bearer secret' }
    expect((await page('http://x/metrics/live')).status).toBe(401)
    expect((await page('http://x/api/metrics/live', authorized)).status).toBe(200)
    const script = await page('http://x/api/metrics/live/page.js', authorized)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect((await page('http://x/metrics/live/unknown', authorized)).status).toBe(404)
  })

  test('rejects a request for another path', async () => {
    await expect(page('http://x/other')).rejects.toThrow(
      'liveResponse(request): expected a path with /metrics/live, got /other; pass the option path',
    )
  })
})
