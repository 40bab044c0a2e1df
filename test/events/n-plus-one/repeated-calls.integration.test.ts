import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { exposeMetrics, type NPlusOneSuspect } from '../../../src/index.ts'
import { expectNoNPlusOne, snapshot } from '../../../src/testing/index.ts'
import { serve } from '../../support/serve.ts'
import { type Connected, connect } from '../connect.ts'

async function connected(
  options: NonNullable<Exclude<Parameters<typeof connect>[0], undefined>['nPlusOne']> = {},
): Promise<Connected & { readonly suspects: NPlusOneSuspect[] }> {
  const suspects: NPlusOneSuspect[] = []
  const onSuspect = (suspect: NPlusOneSuspect): void => void suspects.push(suspect)
  return { ...(await connect({ nPlusOne: { threshold: 5, onSuspect, ...options } })), suspects }
}

const times = [1, 2, 3, 4, 5]

test('distinguishes identical calls from loops', async () => {
  const { prisma, metrics, suspects } = await connected()
  const since = new Date(0)

  await metrics.scope('job', async () => {
    for (const id of times) await prisma.tag.findFirst({ where: { id } })
    for (const _ of times)
      await prisma.alert.findMany({ where: { createdAt: { gt: new Date(0) } } })
    for (const id of times) await prisma.workspace.findFirst({ where: { id: Math.min(id, 2) } })
    for (const id of times) await prisma.$queryRaw`SELECT ${id}::int, ${since}::timestamp`
    for (const _ of times) await prisma.$queryRaw`SELECT ${since}::timestamp`
  })

  expect(suspects.map(({ model, kind, fingerprint }) => [model, kind, fingerprint])).toEqual([
    ['Tag', 'loop', '{ where: { id: ? } }'],
    ['Alert', 'identical', '{ where: { createdAt: { gt: ? } } }'],
    ['Workspace', 'loop', '{ where: { id: ? } }'],
    ['$raw', 'loop', 'SELECT ?::int, ?::timestamp'],
    ['$raw', 'identical', 'SELECT ?::timestamp'],
  ])
})

test('counts the time of the calls', async () => {
  const { prisma, metrics, registry, suspects } = await connected()

  await metrics.scope('job', async () => {
    await prisma.tag.count()
    for (const _ of times) await prisma.$queryRaw`SELECT pg_sleep(0.02)::text`
  })

  const now = await snapshot(registry)
  const seconds = now.value('prisma_n_plus_one_seconds_total', { scope: 'job', model: '$raw' })
  const all = now.value('prisma_operation_duration_seconds_sum', { model: '$raw' })
  expect(seconds).toBeGreaterThan(0.1)
  expect(seconds).toBeCloseTo(all, 9)
  expect(suspects[0]?.seconds).toBe(seconds)
})

test('counts the time of merged calls once', async () => {
  const { prisma, metrics, registry } = await connected()

  await metrics.scope('job', async () => {
    for (const id of times)
      await Promise.all([id, id + 10].map((key) => prisma.tag.findUnique({ where: { id: key } })))
  })

  const now = await snapshot(registry)
  const seconds = now.value('prisma_n_plus_one_seconds_total')
  const all = now.value('prisma_operation_duration_seconds_sum', { operation: 'findUnique' })
  expect(seconds).toBeGreaterThan(all * 0.3)
  expect(seconds).toBeLessThan(all * 0.7)
})

test('applies the minimum duration and the allowed calls', async () => {
  const loop = async ({ prisma, metrics }: Connected): Promise<void> =>
    metrics.scope('job', async () => {
      for (const id of times) await prisma.tag.findFirst({ where: { id } })
    })
  const models = async (options: Parameters<typeof connected>[0]): Promise<number> => {
    const each = await connected(options)
    await loop(each)
    return each.suspects.length
  }

  expect(await models({ seconds: 60 })).toBe(0)
  expect(await models({ seconds: 1e-6 })).toBe(1)
  expect(await models({ allow: [{ scope: 'job', model: 'Tag' }] })).toBe(0)
  expect(
    await models({ allow: [{ scope: 'other' }, { model: 'Tag', operation: 'findMany' }] }),
  ).toBe(1)
})

test.each([
  [{ seconds: -1 }, 'nPlusOne.seconds: expected a number of seconds of at least 0, got -1'],
  [{ allow: 'Tag' }, 'nPlusOne.allow: expected an array of objects with scope, model or operation'],
  [{ allow: [{}] }, 'nPlusOne.allow: expected an array of objects with scope, model or operation'],
  [
    { allow: [{ route: 'a' }] },
    'nPlusOne.allow: expected only scope, model, operation, got "route"',
  ],
])('refuses the settings %o', async (options, message) => {
  await expect(connect({ nPlusOne: options as never })).rejects.toThrow(message)
})

test('rejects the call that reaches the threshold in a test', async () => {
  const { prisma, registry } = await connected()
  const called: number[] = []
  const loop = async (): Promise<void> => {
    for (const id of times) {
      called.push(id)
      await prisma.tag.findFirst({ where: { id } })
    }
  }

  const error: unknown = await expectNoNPlusOne(loop, { registry, throwAtCall: true }).catch(
    (caught: unknown) => caught,
  )

  expect(called).toEqual([1, 2, 3])
  expect(error).toMatchObject({
    name: 'AssertionError',
    message:
      'prisma-prometheus/testing: expected no repeated call, got call 3 of Tag.findFirst { where: { id: ? } } with different values only',
    stack: expect.stringContaining('repeated-calls.integration.test.ts'),
  })
  const now = await snapshot(registry)
  expect(now.value('prisma_operations_in_flight')).toBe(0)
  expect(now.value('prisma_operation_duration_seconds_count')).toBe(2)
  await loop()
})

function polling({ prisma }: Connected, type: string): RequestListener {
  return (_req, res) => {
    res.writeHead(200, { 'content-type': type })
    void (async () => {
      while (!res.destroyed) {
        res.write(`data: ${await prisma.tag.count()}\n\n`)
        await sleep(5)
      }
    })()
  }
}

test.each([
  ['text/event-stream; charset=utf-8', 0, 'ok'],
  ['application/x-ndjson', 1, 'error'],
])('judges a polled response of %s', async (type, suspects, outcome) => {
  const each = await connected()
  const { registry } = each
  await using served = await serve(exposeMetrics(polling(each, type), { registry }))
  const abort = new AbortController()
  const { body } = await fetch(served.url, { signal: abort.signal })
  let chunks = 0
  for await (const _ of body ?? []) if ((chunks += 1) === 8) break
  abort.abort()

  await expect
    .poll(async () => (await snapshot(registry)).value('prisma_scope_duration_seconds_count'))
    .toBe(1)
  const now = await snapshot(registry)
  expect(now.value('prisma_scope_duration_seconds_count', { outcome })).toBe(1)
  expect(each.suspects).toHaveLength(suspects)
})
