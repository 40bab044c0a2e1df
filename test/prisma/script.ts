import { setTimeout as sleep } from 'node:timers/promises'
import type { PrismaClient } from '../../prisma/generated/client.ts'

/** What a call came to: its result, or all that can be seen of its error. */
export type Step = readonly [name: string, outcome: unknown]

/** Runs calls and notes what they came to, in the order in which they settle. */
export class Script {
  readonly steps: Step[] = []

  async call(name: string, run: () => unknown): Promise<void> {
    try {
      this.steps.push([name, { resolved: describe(await run()) }])
    } catch (error) {
      this.steps.push([name, { rejected: describe(error) }])
    }
  }

  /** Notes whether a call throws before it returns anything. */
  callNow(name: string, run: () => unknown): void {
    try {
      void run()
      this.steps.push([name, 'returned'])
    } catch (error) {
      this.steps.push([name, { threw: describe(error) }])
    }
  }
}

/** A value with the times of this run left out, errors with all they carry. */
function describe(value: unknown): unknown {
  if (value instanceof Date) return 'a date'
  if (Array.isArray(value)) return value.map(describe)
  if (value instanceof Error) {
    return {
      class: value.constructor.name,
      name: value.name,
      message: value.message.replace(/\d+ ms passed/, '… ms passed'),
      ...(describe(Object.fromEntries(Object.entries(value))) as object),
    }
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'timeTaken' ? '…' : describe(inner)]),
  )
}

const missing = '00000000-0000-4000-8000-000000000000'

/**
 * Uses a client in most of the ways there are. Both the client under test and the bare one run
 * these very lines, so that even the code frames in error messages have to be the same.
 */
export async function everything(prisma: PrismaClient, script: Script): Promise<void> {
  const call = script.call.bind(script)

  // One by one, with nested writes.
  await call('create', () =>
    prisma.workspace.create({
      data: {
        slug: 'acme',
        name: 'Acme',
        jobRuns: { create: [{ name: 'nightly' }, { name: 'hourly' }] },
        alerts: { create: { id: missing.replace('0', '1'), title: 'late' } },
      },
      include: { alerts: { select: { title: true } }, jobRuns: true },
    }),
  )
  await call('select', () => prisma.workspace.findFirst({ select: { slug: true } }))
  await call('upsert', () =>
    prisma.tag.upsert({ where: { name: 'a' }, create: { name: 'a' }, update: { name: 'a' } }),
  )
  await call('update', () =>
    prisma.alert.updateMany({ data: { value: { increment: 1.5 } }, where: { title: 'late' } }),
  )
  await call('createManyAndReturn', () =>
    prisma.tag.createManyAndReturn({ data: [{ name: 'b' }, { name: 'c' }] }),
  )
  await call('aggregate', () => prisma.tag.aggregate({ _count: true, _max: { name: true } }))
  await call('groupBy', () => prisma.alert.groupBy({ by: ['severity'], _count: true }))
  await call('findMany', () => prisma.tag.findMany({ include: { alerts: true } }))
  await call('fluent', () => prisma.workspace.findUnique({ where: { slug: 'acme' } }).alerts())
  await call('raw query', () => prisma.$queryRaw`SELECT name FROM "Tag" WHERE name = ${'a'}`)
  await call('raw execute', () => prisma.$executeRawUnsafe('UPDATE "Tag" SET name = name'))
  await call('delete', () => prisma.tag.delete({ where: { name: 'c' } }))

  // Errors of every kind.
  await call('unique', () => prisma.tag.create({ data: { name: 'a' } }))
  await call('reference', () => prisma.alert.create({ data: { workspaceId: -1, title: 'none' } }))
  await call('not found', () => prisma.tag.findUniqueOrThrow({ where: { name: 'none' } }))
  await call('nothing to update', () =>
    prisma.alert.update({ where: { id: missing }, data: { title: 'none' } }),
  )
  await call('validation', () => prisma.tag.create({ data: { nome: 'a' } as never }))
  await call('raw error', () => prisma.$queryRaw`SELECT 1/0`)
  await call('raw syntax', () => prisma.$executeRawUnsafe('SELEKT'))
  await call('not a tag', () => prisma.$queryRaw('SELECT 1' as never))

  // Together.
  await Promise.all(
    ['a', 'b', 'none', 'a'].map((name) =>
      call(`batched ${name}`, () => prisma.tag.findUnique({ where: { name } })),
    ),
  )
  await Promise.all([
    call('first', () => prisma.tag.count()),
    call('second', () => prisma.tag.create({ data: { name: 'a' } })),
    call('third', () => prisma.jobRun.updateMany({ data: { outcome: 'FAILED' } })),
    call('fourth', () => prisma.$queryRaw`SELECT 4 AS four`),
    call('fifth', () => prisma.tag.create({ data: {} as never })),
  ])

  // Array transactions.
  await call('array', () =>
    prisma.$transaction([
      prisma.tag.create({ data: { name: 'd' } }),
      prisma.tag.findMany({ select: { name: true } }),
      prisma.$queryRaw`SELECT 1 AS one`,
    ]),
  )
  await call('array of one', () => prisma.$transaction([prisma.tag.count()]))
  await call('array of none', () => prisma.$transaction([]))
  await call('array that fails', () =>
    prisma.$transaction([
      prisma.tag.create({ data: { name: 'e' } }),
      prisma.tag.create({ data: { name: 'a' } }),
      prisma.tag.create({ data: { name: 'f' } }),
    ]),
  )
  await call('array, serializable', () =>
    prisma.$transaction([prisma.tag.count()], { isolationLevel: 'Serializable' }),
  )
  script.callNow('array of a promise', () =>
    prisma.$transaction([Promise.resolve(1) as never, prisma.tag.count()]),
  )
  script.callNow('no array', () => prisma.$transaction(7 as never))

  // Interactive transactions.
  await call('interactive', () =>
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'g' } })
      return { tags: await tx.tag.count(), same: Object.is(tx, prisma) }
    }),
  )
  await call('interactive, that throws', () =>
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'h' } })
      throw Object.assign(new RangeError('no'), { extra: 7 })
    }),
  )
  await call('interactive, that throws nothing', () =>
    prisma.$transaction(() => Promise.reject(undefined)),
  )
  await call('interactive, that throws at once', () =>
    prisma.$transaction(() => {
      throw new TypeError('at once')
    }),
  )
  await call('interactive, with an error caught', () =>
    prisma.$transaction(async (tx) => {
      await call('caught', () => tx.tag.create({ data: { name: 'a' } }))
      await call('aborted', () => tx.tag.count())
      return 'resolved'
    }),
  )
  await call('interactive, nested', () =>
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: 'i' } })
      await call('inner', () =>
        tx.$transaction(async (inner) => {
          await inner.tag.create({ data: { name: 'j' } })
          throw new Error('inner')
        }),
      )
      return tx.tag.findMany({ where: { name: { in: ['i', 'j'] } } })
    }),
  )
  await call('interactive, batched', () =>
    prisma.$transaction((tx) =>
      Promise.all(['a', 'b'].map((name) => tx.tag.findUnique({ where: { name } }))),
    ),
  )
  await call('interactive, late', () =>
    prisma.$transaction(
      async (tx) => {
        await sleep(100)
        return tx.tag.count()
      },
      { timeout: 30 },
    ),
  )
  await call('interactive, serializable', () =>
    prisma.$transaction((tx) => tx.tag.count(), { isolationLevel: 'Serializable', maxWait: 5000 }),
  )

  // A call is made once, when it is first awaited, however often it is.
  const lazy = prisma.tag.create({ data: { name: 'lazy' } })
  const never = prisma.tag.create({ data: { name: 'never' } })
  await call('lazy', async () => {
    const [one, other] = await Promise.all([lazy, lazy])
    return { one, other, tag: never[Symbol.toStringTag] }
  })
  await call('lazy again', () => lazy)
  await call('what is there', () => prisma.tag.findMany({ orderBy: { name: 'asc' } }))
}
