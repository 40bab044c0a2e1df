import express from 'express'
import { expect, test } from 'vitest'
import { exposeMetrics, type FailedOperation } from '../../src/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { serve } from '../support/serve.ts'
import { connect } from './connect.ts'

test('reports failed operations with code, fingerprint, stack and scope', async () => {
  const failed: FailedOperation[] = []
  const { prisma, metrics } = await connect({
    failedOperation: { onFailed: (operation) => failed.push(operation) },
  })
  await prisma.tag.create({ data: { name: 'secret' } })

  const error = await metrics
    .scope('import', () => prisma.tag.create({ data: { name: 'secret' } }))
    .catch((caught: unknown) => caught)

  expect(failed).toEqual([
    {
      model: 'Tag',
      operation: 'create',
      code: 'P2002',
      durationSeconds: expect.any(Number),
      fingerprint: '{ data: { name: ? } }',
      stack: expect.stringContaining('failed-operation.integration.test.ts'),
      scope: 'import',
      statements: undefined,
      suppressed: 0,
    },
  ])
  expect(error).toMatchObject({ code: 'P2002' })
})

test('limits the reports of each code, and counts those left out', async () => {
  const failed: FailedOperation[] = []
  const { prisma, registry } = await connect({
    failedOperation: { onFailed: (operation) => failed.push(operation), intervalSeconds: 3 },
  })
  const again = (): Promise<unknown> =>
    prisma.tag.create({ data: { name: 'a' } }).catch(() => undefined)
  await again()

  await again()
  await again()
  await again()
  await prisma.tag.create({ data: {} as never }).catch(() => undefined)
  expect(failed.map(({ code, suppressed }) => [code, suppressed])).toEqual([
    ['P2002', 0],
    ['validation', 0],
  ])
  await new Promise((resolve) => setTimeout(resolve, 3100))
  await again()

  expect(failed.at(-1)).toMatchObject({ code: 'P2002', suppressed: 2 })
  const now = await snapshot(registry)
  expect(now.value('prisma_operation_errors_total', { code: 'P2002' })).toBe(4)
})

test('names the request of a failed operation by its route', async () => {
  const failed: FailedOperation[] = []
  const { prisma, registry } = await connect({
    failedOperation: { onFailed: (operation) => failed.push(operation) },
  })
  const app = express()
  app.get('/tags/:id', async (req, res) => {
    await prisma.tag.findUniqueOrThrow({ where: { id: Number(req.params.id) } }).catch(() => {})
    res.end()
  })
  await using served = await serve(exposeMetrics(app, { registry }))

  await fetch(`${served.url}/tags/7`)

  expect(failed).toMatchObject([{ code: 'P2025', scope: 'GET /tags/:id' }])
})

test('keeps an error of onFailed away from the query', async () => {
  const thrown = new Error('thrown')
  const { prisma, registry, errors } = await connect({
    failedOperation: {
      onFailed: () => {
        throw thrown
      },
    },
  })

  await expect(prisma.tag.delete({ where: { id: 1 } })).rejects.toMatchObject({ code: 'P2025' })

  await expect.poll(() => errors).toEqual([thrown])
  const now = await snapshot(registry)
  expect(now.value('prisma_event_handler_errors_total', { model: '$onFailed' })).toBe(1)
})

test('refuses invalid settings of failed operations', async () => {
  await expect(connect({ failedOperation: {} as never })).rejects.toThrow(
    'failedOperation.onFailed: expected a function, got undefined',
  )
  await expect(
    connect({ failedOperation: { onFailed: () => {}, intervalSeconds: -1 } }),
  ).rejects.toThrow('failedOperation.intervalSeconds: expected a number of seconds of at least 0')
})
