import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exposeMetrics, prismaMetrics } from '../../src/index.ts'
import { serve } from '../support/serve.ts'
import { ask, servePage } from './ask.ts'

test('shows its tables without scripts', async () => {
  await using served = await servePage()
  const { body, headers } = await ask(served.port, '/metrics/live')
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(body.match(/<table/g)?.length).toBeGreaterThan(2)
  expect(body).not.toMatch(/<script(?! src=)|<style|style=|\son\w+=|javascript:|data:/)
})

test('answers in plain text', async () => {
  await using served = await servePage()
  const { body, headers } = await ask(served.port, '/metrics/live', { accept: 'text/plain' })
  expect(headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(headers['vary']).toBe('Accept')
  expect(body).toContain('ok        PrismaConnectionFailures: 0 failed attempts to connect.')
})

test('escapes every name that it shows', async () => {
  const hostile = `<img src=x onerror=alert(1)>"'&\u001b[31m`
  const registry = new Registry()
  const metrics = prismaMetrics({ registry, client: hostile })
  await using served = await serve(exposeMetrics(undefined, { registry, live: true }))
  await metrics.scope(hostile, () => undefined)
  for (const path of [
    '/metrics/live',
    `/metrics/live?client=${encodeURIComponent(hostile)}`,
    `/metrics/live/promql?scope=${encodeURIComponent(hostile)}`,
  ]) {
    const { body } = await ask(served.port, path)
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(body).not.toContain('<img')
  }
  const { body } = await ask(served.port, '/metrics/live', { accept: 'text/plain' })
  expect(body).not.toContain('\u001b')
})

test('measures the growth between two readings', async () => {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  await using served = await serve(exposeMetrics(undefined, { registry, live: true }))
  const rowOf = async (): Promise<unknown[]> => {
    const { body } = await ask(served.port, '/metrics/live/snapshot')
    const view = JSON.parse(body) as {
      clients: { sections: { tables: { id: string; rows: unknown[][] }[] }[] }[]
    }
    const tables = view.clients[0]?.sections.flatMap((section) => section.tables) ?? []
    return tables.find(({ id }) => id === 'scopes')?.rows[0] ?? []
  }
  await metrics.scope('before', () => undefined)
  await rowOf()
  for (let run = 0; run < 30; run += 1) await metrics.scope('job', () => undefined)
  const began = performance.now()
  await sleep(1000)
  await rowOf()
  const seconds = (performance.now() - began) / 1000
  const [name, rate] = (await rowOf()) as [string, { value: number }]
  expect(name).toBe('before')
  expect(rate.value).toBe(0)
  const { body } = await ask(served.port, '/metrics/live', { accept: 'text/plain' })
  const shown = Number(/^ {2}job +([\d.]+)/m.exec(body)?.[1])
  expect(shown).toBeGreaterThan(25 / seconds)
  expect(shown).toBeLessThan(31)
})

test('sends large sections in turn, after a first event with all', async () => {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  prismaMetrics({ registry, client: 'small' })
  await using served = await serve(exposeMetrics(undefined, { registry, live: true }))
  for (let scope = 0; scope < 300; scope += 1) await metrics.scope(`job ${scope}`, () => undefined)
  const seen: string[][] = []
  const response = await fetch(`${served.url}/metrics/live/events`)
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const [, data = ''] of events.map((event) => event.split('data: '))) {
      if (data === '') continue
      const { clients } = JSON.parse(data) as { clients: { sections: { id: string }[] }[] }
      seen.push((clients[0]?.sections ?? []).map(({ id }) => id))
    }
    if (seen.length === 7) break
  }
  const [first = [], ...others] = seen
  expect(first).toHaveLength(6)
  const isLarge = (ids: readonly string[]): boolean => ids.includes('scopes-section')
  expect([first, ...others].filter((ids) => isLarge(ids)).length).toBeLessThan(4)
  expect(others.some((ids) => isLarge(ids))).toBe(true)
  for (const ids of others)
    expect(ids).toEqual(first.filter((id) => isLarge(ids) || !isLarge([id])))
})

test('links runbooks of its lights', async () => {
  await using served = await servePage()
  const { body: page } = await ask(served.port, '/metrics/live')
  const { body: runbooks } = await ask(served.port, '/metrics/live/runbooks')
  const anchors = [...page.matchAll(/href="live\/runbooks#(\w+)"/g)].map(([, anchor]) => anchor)
  expect(anchors.length).toBeGreaterThan(15)
  for (const anchor of anchors) expect(runbooks).toContain(`<h2 id="${anchor}">`)
})
