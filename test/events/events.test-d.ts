import { expectTypeOf, test } from 'vitest'
import type { Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { type OperationEvent, prismaMetrics } from '../../src/index.ts'

declare const prisma: PrismaClient

const metrics = prismaMetrics<Prisma.TypeMap>()

test('models and operations are those of the schema', () => {
  metrics.on('Alert', 'create', () => {})
  metrics.on('JobRun', ['create', 'updateManyAndReturn'], () => {})
  metrics.on('$raw', ['$queryRaw', '$executeRawUnsafe'], () => {})
  // @ts-expect-error -- no such model
  metrics.on('Alart', 'create', () => {})
  // @ts-expect-error -- models have capitals, delegates have not
  metrics.on('alert', 'create', () => {})
  // @ts-expect-error -- no such operation
  metrics.on('Alert', 'insert', () => {})
  // @ts-expect-error -- one of them does not exist
  metrics.on('Alert', ['create', 'remove'], () => {})
  // @ts-expect-error -- not an operation of a model
  metrics.on('Alert', '$queryRaw', () => {})
  // @ts-expect-error -- not a raw operation
  metrics.on('$raw', 'create', () => {})
  // @ts-expect-error -- a handler is a function
  metrics.on('Alert', 'create', 'count')
})

test('an event is typed by its model and operation', () => {
  metrics.on('Alert', 'create', (event) => {
    expectTypeOf(event.model).toEqualTypeOf<'Alert'>()
    expectTypeOf(event.operation).toEqualTypeOf<'create'>()
    expectTypeOf(event.args).toEqualTypeOf<Prisma.AlertCreateArgs>()
    expectTypeOf(event.durationSeconds).toBeNumber()
    expectTypeOf(event.client).toBeString()
    // @ts-expect-error -- no such field
    void event.result.severty
    // @ts-expect-error -- no such field
    void event.args.data.titel
    // @ts-expect-error -- it was what was called
    event.args = { data: { title: 'a', workspaceId: 1 } }
  })
})

test('in a result every field may be missing: the caller may have selected others', () => {
  metrics.on('Alert', 'update', ({ result }) => {
    expectTypeOf(result.severity).toEqualTypeOf<'INFO' | 'WARNING' | 'CRITICAL' | undefined>()
    // @ts-expect-error -- it may not be there
    result.title.toUpperCase()
    expectTypeOf(result.createdAt).toEqualTypeOf<Date | undefined>()
    expectTypeOf(result.resolvedAt).toEqualTypeOf<Date | null | undefined>()
    expectTypeOf(result.tags?.[0]?.name).toEqualTypeOf<string | undefined>()
    expectTypeOf(result.dataSource?.lastSeenAt).toEqualTypeOf<Date | null | undefined>()
  })
  metrics.on('Alert', 'createMany', ({ result }) => {
    expectTypeOf(result.count).toBeNumber()
  })
  metrics.on('Alert', 'findMany', ({ result }) => {
    expectTypeOf(result[0]?.title).toEqualTypeOf<string | undefined>()
  })
  metrics.on('Alert', ['findUnique', 'findFirstOrThrow'], ({ operation, result }) => {
    // @ts-expect-error -- there may be none
    void result.title
    if (operation === 'findFirstOrThrow') void result.title
  })
})

test('of several operations, the operation tells the result', () => {
  metrics.on('JobRun', ['delete', 'deleteMany'], (event) => {
    // @ts-expect-error -- of one of them only
    void event.result.count
    if (event.operation === 'deleteMany') expectTypeOf(event.result.count).toBeNumber()
    else expectTypeOf(event.result.name).toEqualTypeOf<string | undefined>()
  })
})

test('raw operations: what an extension gets is not what the template tag got', () => {
  metrics.on('$raw', '$executeRaw', ({ args }) => {
    expectTypeOf(args).toBeUnknown()
  })
})

test('without the type of the schema everything goes, and nothing is known', () => {
  prismaMetrics().on('Anything', 'whatever', (event) => {
    expectTypeOf(event).toEqualTypeOf<OperationEvent<'Anything', 'whatever', unknown, unknown>>()
  })
})

test('on gives what takes the handler off', () => {
  expectTypeOf(metrics.on('Alert', 'create', () => {})).toEqualTypeOf<() => void>()
})

test('a scope gives what its function gives', () => {
  expectTypeOf(metrics.scope('job', () => 1)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(metrics.scope('job', async () => 'a')).toEqualTypeOf<Promise<string>>()
  expectTypeOf(metrics.scope('job', () => prisma.tag.count())).toEqualTypeOf<Promise<number>>()
  // @ts-expect-error -- a name is a string
  void metrics.scope(1, () => {})
})

test('a reading has the labels of its gauge', () => {
  const gauge = { name: 'alerts', help: 'Alerts.' }
  metrics.gauge({ ...gauge, read: () => 1 })
  metrics.gauge({ ...gauge, read: () => prisma.alert.count() })
  metrics.gauge({
    ...gauge,
    labelNames: ['severity', 'status'],
    read: async () => [{ labels: { severity: 'INFO', status: null }, value: 1n }],
  })
  metrics.gauge({
    ...gauge,
    labelNames: ['severity'],
    // @ts-expect-error -- no such label
    read: async () => [{ labels: { severty: 'INFO' }, value: 1 }],
  })
  // @ts-expect-error -- a label is missing
  metrics.gauge({ ...gauge, labelNames: ['a', 'b'], read: () => [{ labels: { a: 1 }, value: 1 }] })
  // @ts-expect-error -- it has labels: one entry for each of its series
  metrics.gauge({ ...gauge, labelNames: ['severity'], read: () => 1 })
  // @ts-expect-error -- it has none: one number
  metrics.gauge({ ...gauge, read: () => [{ labels: {}, value: 1 }] })
  const labelNames: string[] = ['severity']
  metrics.gauge({ ...gauge, labelNames, read: () => [{ labels: { severity: 'INFO' }, value: 1 }] })
  // @ts-expect-error -- a value is a number
  metrics.gauge({ ...gauge, read: () => '1' })
  // @ts-expect-error -- it has to be read
  metrics.gauge(gauge)
})
