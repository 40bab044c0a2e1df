import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { expect, test } from 'vitest'
import { exposeMetrics } from '../../../src/index.ts'
import { serve } from '../../support/serve.ts'
import { blockedBy, controlledClock } from '../../support/controlled-clock.ts'
import { connect } from '../connect.ts'

const block = controlledClock()

type Client = Awaited<ReturnType<typeof connect>>['prisma']

const culprits: Readonly<Record<string, (prisma: Client) => Promise<unknown>>> = {
  'before its first await': async (prisma) => {
    block(200)
    await prisma.tag.count()
  },
  'in a microtask before its first operation': async (prisma) => {
    await Promise.resolve()
    block(200)
    await prisma.tag.count()
  },
  'after an operation': async (prisma) => {
    await sleep(5)
    await prisma.tag.count()
    block(200)
    await sleep(5)
  },
  'after a failed operation': async (prisma) => {
    await sleep(5)
    await prisma.tag.findUniqueOrThrow({ where: { id: -1 } }).catch(() => block(200))
  },
  'after an array of operations': async (prisma) => {
    await sleep(5)
    await prisma.$transaction([prisma.tag.count(), prisma.tag.findMany()])
    block(200)
  },
  'at the start of a transaction': async (prisma) => {
    await sleep(5)
    await prisma.$transaction(async (tx) => {
      block(200)
      await tx.tag.count()
    })
  },
  'after a transaction': async (prisma) => {
    await sleep(5)
    await prisma.$transaction(async (tx) => {
      await tx.tag.count()
      await sleep(5)
    })
    block(200)
  },
}

test('names the one scope that blocks, and none that waits', async () => {
  const { prisma, metrics, registry } = await connect({ max: 4 })
  await prisma.tag.count()
  const end = new AbortController()
  const victims = Array.from({ length: 8 }, (_, index) =>
    metrics.scope(`victim-${index}`, async () => {
      while (!end.signal.aborted) {
        await prisma.tag.findMany()
        await sleep(1)
      }
    }),
  )
  for (const [when, culprit] of Object.entries(culprits)) {
    await sleep(5)
    await metrics.scope(when, () => culprit(prisma))
  }
  end.abort()
  await Promise.all(victims)

  const expected = Object.keys(culprits).map((when) => [when, 200] as const)
  expect(await blockedBy(registry)).toEqual(Object.fromEntries(expected))
})

test('names the second of two scopes of one tick', async () => {
  const { prisma, metrics, registry } = await connect()
  await prisma.$transaction([prisma.tag.count(), prisma.tag.count()])
  await Promise.all([
    metrics.scope('first', async () => {
      await prisma.tag.findMany()
    }),
    metrics.scope('second', async () => {
      await prisma.tag.count()
      block(200)
    }),
  ])

  expect(await blockedBy(registry)).toEqual({ second: 200 })
})

test('counts scopes whose operations settle together under $shared', async () => {
  const { prisma, metrics, registry } = await connect()
  const read = (id: number, milliseconds: number) => async (): Promise<void> => {
    // Prisma sends both as one statement.
    await prisma.tag.findUnique({ where: { id } })
    block(milliseconds)
  }
  await prisma.tag.count()
  await Promise.all([metrics.scope('first', read(1, 0)), metrics.scope('second', read(2, 200))])

  expect(await blockedBy(registry)).toEqual({ $shared: 200 })
})

test('counts a nested scope apart from the scope around it', async () => {
  const { prisma, metrics, registry } = await connect()
  await prisma.tag.count()
  await metrics.scope('outer', async () => {
    await prisma.tag.count()
    block(200)
    await metrics.scope('inner', async () => {
      block(200)
      await prisma.tag.count()
      block(200)
    })
    block(200)
  })

  expect(await blockedBy(registry)).toEqual({ outer: 400, inner: 400 })
})

test('does not count code around the start of a scope', async () => {
  const { metrics, registry } = await connect()
  const ended = metrics.scope('job', () => sleep(1))
  block(200)
  await ended

  expect(await blockedBy(registry)).toEqual({})
})

test('does not count a scope that waits, or an idle event loop', async () => {
  const { prisma, metrics, registry } = await connect()
  const waits = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(() => {
        // Time that passes while the event loop is idle.
        block(300)
        setTimeout(resolve, 1)
      }, 1)
    })
  await metrics.scope('job', async () => {
    await waits()
    await prisma.tag.count()
    await waits()
    await prisma.$transaction(async (tx) => {
      await waits()
      await tx.tag.count()
      await waits()
    })
  })
  await waits()

  expect(await blockedBy(registry)).toEqual({})
})

test('does not count a block shorter than 20 ms', async () => {
  const { metrics, registry } = await connect()
  await metrics.scope('short', () => block(19))
  await metrics.scope('long', () => block(20))

  expect(await blockedBy(registry)).toEqual({ long: 20 })
})

test('names the route whose handler or listener blocks', async () => {
  const { prisma, registry } = await connect()
  await prisma.tag.count()
  const app = express()
  app.use(express.json())
  app.post('/reports/:id', (request, response) => {
    block(200)
    response.json(request.body)
  })
  app.post('/raw', async (request, response) => {
    request.on('data', () => block(200))
    await once(request, 'end')
    response.end()
  })
  app.get('/tags', async (_request, response) => {
    response.json(await prisma.tag.count())
  })
  await using served = await serve(exposeMetrics(app, { registry }))
  const post = (path: string): Promise<Response> =>
    fetch(served.url + path, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': path === '/raw' ? 'text/plain' : 'application/json' },
    })
  const tags = Array.from({ length: 5 }, () => fetch(`${served.url}/tags`))
  await Promise.all([...tags, post('/reports/1')])
  await expect.poll(() => blockedBy(registry)).toEqual({ 'POST /reports/:id': 200 })
  await post('/raw')
  await expect
    .poll(() => blockedBy(registry))
    .toEqual({ 'POST /reports/:id': 200, 'POST /raw': 200 })
})

test('measures no blocks with eventLoopDelay: false', async () => {
  const { metrics, registry } = await connect({ eventLoopDelay: false })
  await metrics.scope('job', () => block(200))

  expect(await blockedBy(registry)).toEqual({})
})
