import { expect, test } from 'vitest'
import { Prisma, PrismaClient } from '../../../prisma/generated/client.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { createSubject, type Subject } from '../subject.ts'

type Run = (run: () => unknown) => Promise<unknown>

/**
 * An extension that runs the callback of `$transaction` as `run` says. `published` is the way in which the
 * retry-transactions example of `prisma-client-extensions` calls `$transaction`: as a method of the client
 * that it extends, so that `tx` has none of the extensions that are applied later.
 */
const override = (run: Run, published = false) =>
  Prisma.defineExtension((prisma) =>
    prisma.$extends({
      client: {
        $transaction(...args: unknown[]): Promise<unknown> {
          const context = published ? prisma : Prisma.getExtensionContext(this)
          return run(() => Reflect.apply(prisma.$transaction, context, args))
        },
      },
    }),
  )

const retry: Run = async (run) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === 3) throw error
    }
  }
}

const sources = ['statements', 'operations'] as const

function client(subject: Subject, source: (typeof sources)[number]): PrismaClient {
  const adapter = subject.adapter()
  const wrapped = source === 'statements' ? subject.metrics.adapter(adapter) : adapter
  return subject.client(new PrismaClient({ adapter: wrapped }))
}

test.each(sources)('drops the effects of failed attempts, rows from %s', async (source) => {
  const subject = await createSubject()
  const { metrics, registry } = subject
  const prisma = client(subject, source).$extends(override(retry)).$extends(metrics.extension)
  const events: unknown[] = []
  const commits: number[] = []
  metrics.on('Tag', 'create', ({ args }) => events.push(args))
  const before = await snapshot(registry)
  let attempt = 0

  await prisma.$transaction(async (tx: Prisma.TransactionClient) => {
    attempt += 1
    const own = attempt
    await tx.tag.create({ data: { name: `attempt ${attempt}` } })
    metrics.afterCommit(() => commits.push(own))
    if (attempt < 3) throw new Error('write conflict')
  })

  expect(attempt).toBe(3)
  expect(events).toEqual([{ data: { name: 'attempt 3' } }])
  expect(commits).toEqual([3])
  expect(await before.delta('prisma_model_inserts_total', { model: 'Tag' })).toBe(1)
  expect(await before.delta('prisma_rolled_back_rows_total', { model: 'Tag' })).toBe(2)
})

test('runs afterCommit once under the published retry-transactions extension', async () => {
  const subject = await createSubject()
  const { metrics, registry } = subject
  const prisma = client(subject, 'statements')
    .$extends(override(retry, true))
    .$extends(metrics.extension)
  const commits: number[] = []
  const before = await snapshot(registry)
  let attempt = 0

  await prisma.$transaction(async (tx: Prisma.TransactionClient) => {
    attempt += 1
    const own = attempt
    await tx.tag.create({ data: { name: `attempt ${attempt}` } })
    metrics.afterCommit(() => commits.push(own))
    if (attempt < 3) throw new Error('write conflict')
  })

  expect(commits).toEqual([3])
  expect(await before.delta('prisma_model_inserts_total', { model: 'Tag' })).toBe(1)
  // Its `tx` is not the extended client.
  expect(await before.delta('prisma_operation_duration_seconds_count')).toBe(0)
})

test.each(sources)('drops an attempt whose COMMIT fails, rows from %s', async (source) => {
  const subject = await createSubject()
  const { metrics, registry, database } = subject
  await database.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON "Tag" DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.name = 'refused') EXECUTE FUNCTION refuse();
  `)
  const prisma = client(subject, source).$extends(override(retry)).$extends(metrics.extension)
  const commits: string[] = []
  const before = await snapshot(registry)
  let name = 'refused'

  await prisma.$transaction(async (tx: Prisma.TransactionClient) => {
    const own = name
    name = 'accepted'
    await tx.tag.create({ data: { name: own } })
    metrics.afterCommit(() => commits.push(own))
  })

  expect(commits).toEqual(['accepted'])
  expect(await before.delta('prisma_model_inserts_total', { model: 'Tag' })).toBe(1)
  expect(await before.delta('prisma_rolled_back_rows_total', { model: 'Tag' })).toBe(1)
})

test.each(['one after the other', 'at once'])(
  'keeps the effects of several transactions of one call, %s',
  async (order) => {
    const subject = await createSubject()
    const { metrics, registry } = subject
    const twice: Run = async (run) =>
      order === 'at once' ? Promise.all([run(), run()]) : [await run(), await run()]
    const prisma = client(subject, 'statements')
      .$extends(override(twice))
      .$extends(metrics.extension)
    const commits: number[] = []
    const before = await snapshot(registry)
    let attempt = 0

    await prisma.$transaction(async (tx: Prisma.TransactionClient) => {
      attempt += 1
      const own = attempt
      await tx.tag.create({ data: { name: `tag ${own}` } })
      metrics.afterCommit(() => commits.push(own))
    })

    expect(new Set(commits)).toEqual(new Set([1, 2]))
    expect(commits).toHaveLength(2)
    expect(await before.delta('prisma_model_inserts_total', { model: 'Tag' })).toBe(2)
  },
)

test('passes arguments, this and the returned value of a replaced $transaction', async () => {
  const subject = await createSubject()
  const seen: unknown[] = []
  const lazy = { note: () => 'kept' }
  // oxlint-disable-next-line unicorn/no-thenable
  Object.defineProperty(lazy, 'then', { value: () => seen.push('then') })
  const returned: unknown[] = [undefined, 7, lazy]
  const base = client(subject, 'statements').$extends({
    client: {
      $transaction(...args: unknown[]) {
        seen.push(args.length, args[2], this)
        return returned.shift()
      },
    },
  })
  const prisma = base.$extends(subject.metrics.extension)
  const call: (this: unknown, ...args: unknown[]) => unknown = prisma.$transaction

  expect(call.apply(prisma, [[], undefined, 'third'])).toBeUndefined()
  expect(call.apply(prisma, [() => 1])).toBe(7)
  const result = call.apply(prisma, [[]]) as typeof lazy
  expect(result.note()).toBe('kept')
  expect(seen.filter((value) => typeof value !== 'object')).toEqual([
    3,
    'third',
    1,
    undefined,
    1,
    undefined,
  ])
  expect(call.length).toBe((base.$transaction as { length: number }).length)
  expect(subject.faults).toEqual([])
})

test('removes operations that never settle from the gauge when their array settles', async () => {
  const subject = await createSubject()
  const { metrics, registry } = subject
  const prisma = client(subject, 'statements')
    .$extends(metrics.extension)
    .$extends({
      query: {
        tag: {
          create() {
            throw new Error('policy')
          },
        },
      },
    })
  const inFlight = async (): Promise<number> =>
    (await snapshot(registry)).value('prisma_operations_in_flight')

  await expect(
    prisma.$transaction([
      prisma.alert.count(),
      prisma.tag.create({ data: { name: 'a' } }),
      prisma.workspace.count(),
    ]),
  ).rejects.toThrow('policy')

  expect(await inFlight()).toBe(0)
  await prisma.$transaction([prisma.alert.count(), prisma.workspace.count()])
  expect(await inFlight()).toBe(0)
})

test.each(['inside an array', 'inside a transaction', 'outside'])(
  'counts an operation whose extension forgets to return, %s',
  async (place) => {
    const subject = await createSubject()
    const { metrics, registry } = subject
    const prisma = client(subject, 'statements')
      .$extends(metrics.extension)
      .$extends({
        query: {
          tag: {
            async create({ args, query }) {
              await query(args)
            },
          },
        },
      })
    const before = await snapshot(registry)
    const created: unknown[] = []
    metrics.on('Tag', 'create', ({ result }) => created.push(result))
    const create = (tx: Pick<typeof prisma, 'tag'>): Prisma.PrismaPromise<unknown> =>
      tx.tag.create({ data: { name: 'a' } })

    if (place === 'inside an array') await prisma.$transaction([create(prisma)])
    else if (place === 'outside') await create(prisma)
    else await prisma.$transaction((tx) => create(tx as typeof prisma))

    const tags = { model: 'Tag', operation: 'create' }
    expect(await before.delta('prisma_operation_duration_seconds_count', tags)).toBe(1)
    expect(created).toEqual([undefined])
  },
)

test('does not count operations behind a failed one of their batch, which never ran', async () => {
  const subject = await createSubject()
  const { metrics, registry } = subject
  const prisma = client(subject, 'statements').$extends(metrics.extension)
  const before = await snapshot(registry)
  const fails = { where: { name: 'none' }, data: { name: 'x' } }

  await prisma
    .$transaction([prisma.alert.count(), prisma.tag.update(fails), prisma.workspace.count()])
    .catch(() => {})
  await prisma
    .$transaction((tx) =>
      Promise.all([tx.alert.count(), tx.tag.update(fails), tx.workspace.count()]),
    )
    .catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))

  const count = (model: string): Promise<number> =>
    before.delta('prisma_operation_duration_seconds_count', { model })
  expect(await count('Alert')).toBe(2)
  expect(await count('Tag')).toBe(2)
  expect(await before.delta('prisma_operation_duration_seconds_count')).toBe(4)
})
