import { type Kind, kinds } from '../cuts/kinds.ts'

/** Fails after its writes. */
const rolledBack: Kind = {
  name: 'rolled back',
  run: (prisma, n) =>
    prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: n } })
      await tx.jobRun.createMany({ data: [{ name: n }, { name: n }] })
      throw new Error('given up')
    }),
}

/** Two upserts that race for one row, and a read. */
const upserted: Kind = {
  name: 'upserted',
  run: (prisma, n) =>
    prisma.$transaction(async (tx) => {
      const name = `shared ${n.length}`
      await tx.tag.upsert({ where: { name }, create: { name }, update: { name } })
      await tx.tag.findMany({ take: 3 })
    }),
}

/** CockroachDB's retry protocol: https://www.cockroachlabs.com/docs/stable/advanced-client-side-transaction-retries */
export const retried: Kind = {
  name: 'cockroach_restart',
  run: (prisma, n) =>
    prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SAVEPOINT cockroach_restart`
      for (let attempt = 0; ; attempt++) {
        try {
          await tx.tag.create({ data: { name: n } })
          await tx.jobRun.createMany({ data: [{ name: n }, { name: n }] })
          if (attempt < Number(n.at(-1)) % 3) await tx.$queryRaw`SELECT 1/0`
          break
        } catch {
          await tx.$executeRaw`ROLLBACK TO SAVEPOINT cockroach_restart`
        }
      }
      await tx.$executeRaw`RELEASE SAVEPOINT cockroach_restart`
    }),
}

/** All but a statement outside a transaction, which has no COMMIT whose outcome could be unknown. */
export const inTransactions: readonly Kind[] = [
  ...kinds.filter(({ name }) => name !== 'create'),
  rolledBack,
  upserted,
  retried,
]
