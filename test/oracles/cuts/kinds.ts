import type { PrismaClient } from '../../../prisma/generated/client.ts'

/** An operation whose connection is cut; `n` makes its rows unique. */
export interface Kind {
  readonly name: string
  run(prisma: PrismaClient, n: string): Promise<unknown>
}

const tag = (name: string) => ({ data: { name } })
const job = (name: string) => ({ data: { name } })

/** Each kind of operation that Prisma sends in a transaction, or not. */
export const kinds: readonly Kind[] = [
  { name: 'create', run: (prisma, n) => prisma.tag.create(tag(n)) },
  {
    name: 'nested create',
    run: (prisma, n) =>
      prisma.workspace.create({
        data: { slug: n, name: n, alerts: { create: [{ title: 'a' }, { title: 'b' }] } },
      }),
  },
  {
    name: 'array',
    run: (prisma, n) =>
      prisma.$transaction([
        prisma.tag.create(tag(n)),
        prisma.jobRun.createMany({ data: [{ name: n }, { name: n }] }),
        prisma.jobRun.updateMany({ where: { name: n }, data: { name: `${n}!` } }),
      ]),
  },
  {
    name: 'interactive',
    run: (prisma, n) =>
      prisma.$transaction(async (tx) => {
        await tx.tag.create(tag(n))
        await tx.jobRun.create(job(n))
        await tx.jobRun.deleteMany({ where: { name: n } })
      }),
  },
  {
    name: 'savepoint',
    run: (prisma, n) =>
      prisma.$transaction(async (tx) => {
        await tx.tag.create(tag(n))
        await tx.$executeRaw`SAVEPOINT a`
        await tx.jobRun.create(job(n))
        await tx.$executeRaw`ROLLBACK TO SAVEPOINT a`
        await tx.jobRun.create(job(`${n}?`))
        await tx.$executeRaw`RELEASE SAVEPOINT a`
      }),
  },
  {
    name: 'COMMIT in raw SQL',
    run: (prisma, n) =>
      prisma.$transaction(async (tx) => {
        await tx.tag.create(tag(n))
        await tx.$executeRaw`COMMIT`
      }),
  },
]
