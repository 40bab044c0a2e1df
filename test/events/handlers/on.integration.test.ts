import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { type Prisma, PrismaClient } from '../../../prisma/generated/client.ts'
import { prismaMetrics } from '../../../src/index.ts'
import { connect, gate } from '../connect.ts'

async function listening(options: Parameters<typeof connect>[0] = {}) {
  const connected = await connect(options)
  const names: unknown[] = []
  connected.metrics.on('Tag', 'create', ({ result }) => names.push(result.name))
  return { ...connected, names }
}

test('calls a handler before the caller of the operation continues', async () => {
  const { prisma, metrics } = await connect()
  const events: unknown[] = []
  metrics.on('Tag', ['create', 'updateMany'], (event) => events.push(event))

  const tag = await prisma.tag.create({ data: { name: 'a' } })
  expect(events).toEqual([
    {
      model: 'Tag',
      operation: 'create',
      args: { data: { name: 'a' } },
      result: tag,
      durationSeconds: expect.any(Number),
      client: 'default',
    },
  ])
  expect(events[0]).toHaveProperty(
    'result',
    expect.toSatisfy((result) => result === tag),
  )
  await prisma.tag.updateMany({ data: { name: 'b' } })
  expect(events[1]).toMatchObject({ operation: 'updateMany', result: { count: 1 } })
  await prisma.tag.findMany()
  expect(events).toHaveLength(2)
})

test('passes only the fields that the caller selected', async () => {
  const { prisma, metrics } = await connect()
  const results: unknown[] = []
  metrics.on('Tag', 'create', ({ result }) => results.push(result))

  await prisma.tag.create({ data: { name: 'a' }, select: { id: true } })

  expect(results).toEqual([{ id: expect.any(Number) }])
})

test('reports raw operations under the model $raw', async () => {
  const { prisma, metrics } = await connect()
  const results: unknown[] = []
  metrics.on('$raw', ['$executeRaw', '$queryRawUnsafe'], ({ operation, result }) =>
    results.push([operation, result]),
  )

  await prisma.$executeRaw`INSERT INTO "Tag" (name) VALUES ('a'), (${'b'})`
  await prisma.$queryRawUnsafe('SELECT count(*)::int AS count FROM "Tag"')
  await prisma.$queryRaw`SELECT 1`

  expect(results).toEqual([
    ['$executeRaw', 2],
    ['$queryRawUnsafe', [{ count: 2 }]],
  ])
})

test('calls no handler for a failed operation', async () => {
  const { prisma, names } = await listening()

  await prisma.tag.create({ data: { name: 'a' } })
  await expect(prisma.tag.create({ data: { name: 'a' } })).rejects.toThrow('Unique constraint')
  await expect(prisma.tag.create({ data: { nam: 'b' } as never })).rejects.toThrow('Argument')

  expect(names).toEqual(['a'])
})

test('calls a handler after the commit of a transaction', async () => {
  const { prisma, names } = await listening()

  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'a' } })
    await tx.tag.create({ data: { name: 'b' } })
    expect(names).toEqual([])
  })

  expect(names).toEqual(['a', 'b'])
})

test('calls no handler for a rolled-back transaction', async () => {
  const { prisma, names } = await listening()

  await expect(
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'a' } })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  const slow = prisma.$transaction(
    async (tx) => {
      await tx.tag.create({ data: { name: 'b' } })
      await tx.$queryRaw`SELECT pg_sleep(0.3)::text`
    },
    { timeout: 100 },
  )
  await expect(slow).rejects.toThrow('Transaction')

  expect(names).toEqual([])
})

test('calls no handler if the server answers COMMIT with ROLLBACK', async () => {
  const { prisma, names, database } = await listening()

  // The failure is swallowed, Prisma commits, and Postgres rolls back without an error.
  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'a' } })
    await tx.tag.create({ data: { name: 'a' } }).catch(() => {})
  })

  expect(await database.query('SELECT * FROM "Tag"')).toEqual([])
  expect(names).toEqual([])
})

describe('calls no handler for an aborted transaction whose error another extension handles', () => {
  const expectGone = async (
    { prisma, metrics, names, database }: Awaited<ReturnType<typeof listening>>,
    take: (error: Prisma.PrismaClientKnownRequestError) => unknown,
  ): Promise<void> => {
    const client = prisma.$extends({
      query: { tag: { create: ({ args, query }) => query(args).catch(take) as never } },
    })
    metrics.on('Tag', 'create', ({ result }) => names.push(result?.name))

    await client.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'a' } })
      metrics.afterCommit(() => names.push('mail'))
      await tx.tag.create({ data: { name: 'a' } }).catch(() => {})
    })

    expect(await database.query('SELECT * FROM "Tag"')).toEqual([])
    expect(names).toEqual([])
  }
  const replace = (error: unknown): never => {
    throw new Error('taken already', { cause: error })
  }
  const driverError = ({ meta }: Prisma.PrismaClientKnownRequestError): never => {
    throw meta?.['driverAdapterError']
  }

  test('swallowed by the extension', async () =>
    expectGone(await listening(), () => ({ name: 'swallowed' })))

  test.each([true, false])('replaced by the extension (adapter: %s)', async (statements) =>
    expectGone(await listening({ statements }), replace),
  )

  test('replaced by the error of the driver adapter', async () =>
    expectGone(await listening({ statements: false }), driverError))
})

test('calls no handler for a failed commit', async () => {
  const { prisma, names, database } = await listening()
  await database.query(
    'ALTER TABLE "Tag" ADD CONSTRAINT late UNIQUE (name) DEFERRABLE INITIALLY DEFERRED',
  )
  await database.query('DROP INDEX "Tag_name_key"')

  const transaction = prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'a' } })
    await tx.tag.create({ data: { name: 'a' } })
  })

  await expect(transaction).rejects.toThrow()
  expect(names).toEqual([])
})

test('delays the events of nested transactions until the outermost commit', async () => {
  const { prisma, names } = await listening()

  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'a' } })
    await tx.$transaction(async (inner) => {
      await inner.tag.create({ data: { name: 'b' } })
      await inner.$transaction((innermost) => innermost.tag.create({ data: { name: 'c' } }))
    })
    await tx
      .$transaction(async (inner) => {
        await inner.tag.create({ data: { name: 'undone' } })
        await tx.tag.create({ data: { name: 'undone, by the outer client' } })
        throw new Error('no')
      })
      .catch(() => {})
    await tx.tag.create({ data: { name: 'd' } })
    expect(names).toEqual([])
  })

  expect(names).toEqual(['a', 'b', 'c', 'd'])
})

test('follows savepoints that raw SQL sets', async () => {
  const { prisma, names, database } = await listening()

  await prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SAVEPOINT one`
    await tx.tag.create({ data: { name: 'undone' } })
    await tx.$executeRawUnsafe('ROLLBACK TO SAVEPOINT one')
    await tx.tag.create({ data: { name: 'kept' } })
  })

  expect(names).toEqual(['kept'])
  expect((await database.audit())['Tag']).toMatchObject({ insert: 1 })
})

test.each([
  ['ROLLBACK', ['alone', 'after']],
  ['ROLLBACK AND CHAIN', ['after']],
  ['COMMIT', ['before', 'alone', 'after']],
])('follows %s sent as raw SQL', async (sql, expected) => {
  const { prisma, names, database } = await listening()

  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'before' } })
    await tx.$executeRawUnsafe(sql)
    await tx.tag.create({ data: { name: sql.endsWith('CHAIN') ? 'after' : 'alone' } })
    if (sql.endsWith('CHAIN')) return
    await tx.$executeRaw`BEGIN`
    await tx.tag.create({ data: { name: 'after' } })
  })

  const rows = await database.query<{ name: string }>('SELECT name FROM "Tag" ORDER BY id')
  expect(rows.map(({ name }) => name)).toEqual(expected)
  expect(names).toEqual(expected)
})

test.each([['COMMIT AND CHAIN'], ['COMMIT', 'BEGIN']])(
  'keeps the events of a COMMIT by raw SQL if the transaction fails: %s',
  async (...statements) => {
    const { prisma, names } = await listening()

    const failing = prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'a' } })
      for (const sql of statements) await tx.$executeRawUnsafe(sql)
      await tx.tag.create({ data: { name: 'b' } })
      throw new Error('no')
    })

    await expect(failing).rejects.toThrow('no')
    expect(names).toEqual(['a'])
  },
)

test('calls handlers for all operations of an array, in order, or for none', async () => {
  const { prisma, metrics } = await connect()
  const events: unknown[] = []
  metrics.on('Tag', ['create', 'findMany'], ({ operation, args }) => events.push([operation, args]))
  metrics.on('$raw', '$executeRaw', () => events.push('raw'))

  await prisma.$transaction([
    prisma.tag.create({ data: { name: 'a' } }),
    prisma.$executeRaw`SELECT 1`,
    prisma.tag.findMany({ take: 1 }),
    prisma.tag.create({ data: { name: 'b' }, select: { id: true } }),
  ])
  expect(events).toEqual([
    ['create', { data: { name: 'a' } }],
    'raw',
    ['findMany', { take: 1 }],
    ['create', { data: { name: 'b' }, select: { id: true } }],
  ])

  events.length = 0
  const failing = prisma.$transaction([
    prisma.tag.create({ data: { name: 'c' } }),
    prisma.tag.create({ data: { name: 'a' } }),
    prisma.tag.create({ data: { name: 'd' } }),
  ])
  await expect(failing).rejects.toThrow('Unique constraint')
  expect(events).toEqual([])
})

test('assigns the operations of an array inside an interactive transaction by their client', async () => {
  const { prisma, names, database } = await listening()

  await expect(
    prisma.$transaction(async (tx) => {
      await tx.$transaction([
        tx.tag.create({ data: { name: 'in' } }),
        tx.tag.create({ data: { name: 'in too' } }),
      ])
      await tx.$transaction([
        prisma.tag.create({ data: { name: 'beside' } }),
        prisma.tag.create({ data: { name: 'beside too' } }),
      ])
      throw new Error('no')
    }),
  ).rejects.toThrow('no')

  expect(names).toEqual(['beside', 'beside too'])
  expect((await database.audit())['Tag']).toMatchObject({ insert: 2 })
})

test('treats operations of the outer client during a transaction as separate', async () => {
  const { prisma, metrics, names } = await listening()
  const order: string[] = []
  metrics.on('Tag', 'create', () => metrics.afterCommit(() => order.push('after the outer one')))

  await expect(
    prisma.$transaction(async (tx) => {
      await prisma.tag.create({ data: { name: 'beside' } })
      // The handler ran in this code's context, and outside of its transaction.
      expect(order).toEqual(['after the outer one'])
      await tx.tag.create({ data: { name: 'in' } })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')

  expect(names).toEqual(['beside'])
})

test('does not call a removed handler, even for pending events', async () => {
  const { prisma, metrics } = await connect()
  const kept: unknown[] = []
  const taken: unknown[] = []
  metrics.on('Tag', 'create', ({ result }) => kept.push(result.name))
  const off = metrics.on('Tag', 'create', ({ result }) => taken.push(result.name))

  await prisma.tag.create({ data: { name: 'a' } })
  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'b' } })
    off()
    off()
  })

  expect(taken).toEqual(['a'])
  expect(kept).toEqual(['a', 'b'])
})

test('calls a handler added during a transaction for later operations only', async () => {
  const { prisma, metrics } = await connect()
  const names: unknown[] = []

  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'before' } })
    metrics.on('Tag', 'create', ({ result }) => names.push(result.name))
    await tx.tag.create({ data: { name: 'after' } })
  })

  expect(names).toEqual(['after'])
})

test('counts and reports a failing handler without affecting the query', async () => {
  const { prisma, metrics, registry, errors, names } = await listening()
  metrics.on('Tag', 'create', () => {
    throw new Error('thrown')
  })
  metrics.on('Tag', 'create', async () => {
    await Promise.resolve()
    throw undefined
  })
  metrics.on('Tag', 'create', ({ args }) => prisma.tag.create(args))

  await prisma.tag.create({ data: { name: 'a' } })
  await expect.poll(() => errors).toHaveLength(3)

  expect(errors[0]).toEqual(new Error('thrown'))
  expect(errors[1]).toBeUndefined()
  expect(errors[2]).toMatchObject({ code: 'P2002' })
  expect(names).toEqual(['a'])
  expect(await registry.getSingleMetricAsString('prisma_event_handler_errors_total')).toContain(
    'prisma_event_handler_errors_total{client="default",model="Tag",operation="create"} 3',
  )
  expect(await registry.getSingleMetricAsString('prisma_instrumentation_errors_total')).toContain(
    'prisma_instrumentation_errors_total{client="default"} 0',
  )
})

test('does not wait for a handler', async () => {
  const { prisma, metrics } = await connect({ max: 1 })
  const { passed, open } = gate()
  let ended = 0
  metrics.on('Tag', 'create', async () => {
    await passed
    ended += 1
  })
  metrics.on('Tag', 'create', () => new Promise(() => {}))

  await prisma.tag.create({ data: { name: 'a' } })
  await prisma.$transaction((tx) => tx.tag.create({ data: { name: 'b' } }))
  await prisma.tag.count()
  expect(ended).toBe(0)

  open()
  await expect.poll(() => ended).toBe(2)
})

test('allows queries in a handler on a pool of one connection', async () => {
  const { prisma, metrics, database, errors } = await connect({ max: 1 })
  let done = 0
  metrics.on('Tag', 'create', async ({ result }) => {
    await prisma.workspace.create({ data: { slug: `of ${result.name}`, name: 'A' } })
    await prisma.$transaction(async (tx) => {
      await tx.alert.count()
      await tx.workspace.update({ where: { slug: `of ${result.name}` }, data: { name: 'B' } })
    })
    done += 1
  })

  await prisma.tag.create({ data: { name: 'a' } })
  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'b' } })
    await tx.tag.create({ data: { name: 'c' } })
  })
  await prisma.$transaction([prisma.tag.create({ data: { name: 'd' } })])
  await expect.poll(() => done, { timeout: 10_000 }).toBe(4)

  expect(errors).toEqual([])
  expect((await database.audit())['Workspace']).toMatchObject({ insert: 4, update: 4 })
})

test('does not call a handler for its own operations, even much later', async () => {
  const { prisma, metrics, database } = await connect()
  const log: string[] = []
  const another = async (name: string): Promise<void> => {
    await prisma.tag.create({ data: { name } })
  }
  metrics.on('Tag', 'create', async ({ result }) => {
    log.push(`first: ${result.name}`)
    await another(`${result.name} 1`)
  })
  metrics.on('Tag', 'create', ({ result }) => {
    log.push(`second: ${result.name}`)
    return prisma.$transaction((tx) => tx.tag.create({ data: { name: `${result.name} 2` } }))
  })
  // Lazy: it begins when it is looked at.
  metrics.on('Tag', 'create', ({ result }) => {
    log.push(`third: ${result.name}`)
    return prisma.tag.create({ data: { name: `${result.name} 3` } })
  })

  await prisma.tag.create({ data: { name: 'a' } })

  const all = 1 + 3 + 3 * 2 + 3 * 2 * 1
  const count = async (): Promise<number> => (await database.audit())['Tag']?.insert ?? 0
  await expect.poll(count).toBe(all)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await count()).toBe(all)
  expect(log.filter((line) => line.endsWith(': a'))).toEqual(['first: a', 'second: a', 'third: a'])
  expect(log).toHaveLength(3 + 6 + 6)
})

test('does not call a handler for operations that it starts without awaiting', async () => {
  const { prisma, metrics, database } = await connect()
  let told = 0
  metrics.on('Tag', 'create', ({ result }) => {
    told += 1
    void prisma.tag.create({ data: { name: `${result.name}, let go` } }).catch(() => {})
  })
  // Not at once, and not always.
  metrics.on('Workspace', 'create', ({ result }) => {
    told += 1
    if (result.slug?.startsWith('more') !== true) return
    void Promise.resolve().then(async () => {
      await prisma.$transaction((tx) =>
        tx.workspace.create({ data: { slug: `${result.slug}, too`, name: 'A' } }),
      )
    })
  })
  const counted = async (): Promise<unknown> => {
    const { Tag, Workspace } = await database.audit()
    return { tags: Tag?.insert, workspaces: Workspace?.insert }
  }

  await prisma.tag.create({ data: { name: 'a' } })
  for (const slug of ['a', 'b', 'more', 'c', 'more and more'])
    await prisma.workspace.create({ data: { slug, name: 'A' } })

  await expect.poll(counted).toEqual({ tags: 2, workspaces: 7 })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await counted()).toEqual({ tags: 2, workspaces: 7 })
  expect(told).toBe(1 + 5)
})

test('does not call a handler for its own queries if only later calls query', async () => {
  const { prisma, metrics, database } = await connect()
  let told = 0
  metrics.on('Tag', 'count', () => {
    told += 1
    return told > 250 ? prisma.tag.create({ data: { name: `${told}` } }) : undefined
  })

  for (let call = 0; call < 26; call++)
    await prisma.$transaction(Array.from({ length: 10 }, () => prisma.tag.count()))

  expect(told).toBe(260)
  await expect
    .poll(async () => (await database.audit())['Tag']?.insert, { timeout: 20_000 })
    .toBe(10)
})

test('runs afterCommit immediately, after the commit, or never', async () => {
  const { prisma, metrics } = await connect()
  const log: string[] = []
  const note = (text: string): void => metrics.afterCommit(() => log.push(text))

  note('at once')
  expect(log).toEqual(['at once'])

  await prisma.$transaction(async (tx) => {
    note('committed')
    await tx.$transaction(async () => note('inner committed'))
    await tx
      .$transaction(async () => {
        note('inner rolled back')
        throw new Error('no')
      })
      .catch(() => {})
    note('committed too')
    expect(log).toEqual(['at once'])
  })
  await prisma
    .$transaction(async () => {
      note('rolled back')
      throw new Error('no')
    })
    .catch(() => {})

  expect(log).toEqual(['at once', 'committed', 'inner committed', 'committed too'])
})

test('runs afterCommit of code that outlives its transaction', async () => {
  const { prisma, metrics } = await connect()
  const log: string[] = []
  const { passed, open } = gate()
  const late: Promise<void>[] = []
  const detach = (text: string): void => {
    late.push(passed.then(() => metrics.afterCommit(() => log.push(text))))
  }

  await prisma.$transaction(async () => detach('of a committed one'))
  await prisma
    .$transaction(async () => {
      detach('of one that was rolled back')
      throw new Error('no')
    })
    .catch(() => {})
  open()
  await Promise.all(late)

  expect(log).toEqual(['of a committed one'])
})

test('counts and reports a failing afterCommit', async () => {
  const { prisma, metrics, registry, errors } = await connect()

  await prisma.$transaction(async () => {
    metrics.afterCommit(() => Promise.reject(new Error('rejected')))
    metrics.afterCommit(() => {
      throw new Error('thrown')
    })
  })

  expect(errors).toEqual([new Error('thrown'), new Error('rejected')])
  expect(await registry.getSingleMetricAsString('prisma_event_handler_errors_total')).toContain(
    'prisma_event_handler_errors_total{client="default",model="$afterCommit",operation="afterCommit"} 2',
  )
})

test('keeps the events of concurrent transactions apart', async () => {
  const { prisma, metrics, names } = await listening()
  const { passed, open } = gate()
  const log: string[] = []

  const first = prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'a' } })
    metrics.afterCommit(() => log.push('first'))
    await passed
  })
  const second = prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'b' } })
    metrics.afterCommit(() => log.push('second'))
  })
  await second
  expect({ names, log }).toEqual({ names: ['b'], log: ['second'] })
  open()
  await first

  expect({ names, log }).toEqual({ names: ['b', 'a'], log: ['second', 'first'] })
})

test('works below extensions that open a transaction around each query', async () => {
  const { prisma, metrics, names, database } = await listening()
  await database.query(
    'ALTER TABLE "Tag" ADD CONSTRAINT late UNIQUE (name) DEFERRABLE INITIALLY DEFERRED',
  )
  await database.query('DROP INDEX "Tag_name_key"')
  const log: string[] = []
  const extended = prisma
    .$extends({ result: { tag: { label: { compute: () => 'computed' } } } })
    .$extends({
      query: {
        tag: {
          async create({ args, query }) {
            const [, tag] = await prisma.$transaction([prisma.$executeRaw`SELECT 1`, query(args)])
            log.push('transaction is over')
            return tag
          },
        },
      },
    })
  metrics.on('Tag', 'create', () => log.push('event'))

  expect(await extended.tag.create({ data: { name: 'a' } })).toMatchObject({ label: 'computed' })
  expect(log).toEqual(['transaction is over', 'event'])
  await expect(extended.tag.create({ data: { name: 'a' } })).rejects.toThrow()
  await extended.$transaction(async (tx) => {
    await tx.tag.createMany({ data: [{ name: 'b' }] })
    metrics.afterCommit(() => log.push('committed'))
    log.push('commit')
  })

  expect(names).toEqual(['a'])
  expect(log.slice(2)).toEqual(['commit', 'committed'])
})

test('keeps the events of two clients apart', async () => {
  const main = await listening()
  const reports = await connect({ client: 'reports' })
  const clients: string[] = []
  reports.metrics.on('Tag', 'create', ({ client }) => clients.push(client))

  await main.prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: 'a' } })
    await reports.prisma.tag.create({ data: { name: 'b' } })
    expect(clients).toEqual(['reports'])
    expect(main.names).toEqual([])
  })

  expect(main.names).toEqual(['a'])
})

test('reports a handler of an unknown model when the client is extended', () => {
  const errors: unknown[] = []
  const metrics = prismaMetrics({
    registry: new Registry(),
    onError: (error) => errors.push(error),
  })
  metrics.on('Tag', 'create', () => {})
  metrics.on('$raw', '$queryRaw', () => {})
  metrics.on('tags', 'create', () => {})
  expect(errors).toEqual([])

  const adapter = new PrismaPg({ connectionString: 'postgresql://127.0.0.1:1/none' })
  new PrismaClient({ adapter }).$extends(metrics.extension)

  expect(errors).toEqual([
    expect.objectContaining({
      message:
        'prisma-prometheus: metrics.on(model): expected a model of the client, or $raw, got "tags"',
    }),
  ])
})

test('rejects an invalid handler', async () => {
  const { metrics } = await connect()
  const on = metrics.on as unknown as (...parameters: unknown[]) => void

  expect(() => on('', 'create', () => {})).toThrow(
    'prisma-prometheus: metrics.on(model): expected the name of a model, or $raw, got ""',
  )
  expect(() => on('tag', 'create', () => {})).toThrow(
    'metrics.on(model): expected the model Tag, got "tag"',
  )
  expect(() => on('Tga', 'create', () => {})).toThrow(
    'metrics.on(model): expected a model of the client, or $raw, got "Tga"',
  )
  expect(() => on('Tag', [], () => {})).toThrow('metrics.on(operation): expected the name of an')
  expect(() => on('Tag', ['create', 'insert'], () => {})).toThrow(
    /metrics\.on\(operation\): expected an operation of Tag \(aggregate, .*, upsert\), got "insert"/,
  )
  expect(() => on('$raw', 'create', () => {})).toThrow(
    'expected an operation of $raw ($executeRaw,',
  )
  expect(() => on('Tag', 'create', {})).toThrow('metrics.on(handler): expected a function, got an')
  expect(() => metrics.afterCommit(1 as never)).toThrow(
    'afterCommit(fn): expected a function, got 1',
  )
})
