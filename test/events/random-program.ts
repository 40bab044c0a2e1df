import { setTimeout as sleep } from 'node:timers/promises'
import type { Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import type { Dialect, Mishap } from './dialects.ts'
import { Seeded } from './seeded.ts'

type Client = PrismaClient | Prisma.TransactionClient

/** Thrown by the program itself, to have a transaction rolled back. */
class Undo extends Error {}

/** Prisma's words at a statement, and its adapter's at the COMMIT. */
const conflicts = /write ?conflict/i

/**
 * A program of random operations, each of which writes to one table only: some requests at once, in
 * and out of transactions of every kind, with failures of every kind. Tags are never changed or
 * deleted, and their names are unique.
 */
export class RandomProgram {
  /** The failures that occurred as intended. */
  readonly mishaps = new Set<Mishap>()
  readonly #prisma: PrismaClient
  readonly #beside: PrismaClient
  readonly #dialect: Dialect
  readonly #random: Seeded
  /** The ids of jobs that a delete has tried. */
  readonly #tried = new Set<number>()
  #names = 0

  /** @param beside a client of the same database, with connections of its own. */
  constructor(prisma: PrismaClient, beside: PrismaClient, dialect: Dialect, seed: number) {
    this.#prisma = prisma
    this.#beside = beside
    this.#dialect = dialect
    this.#random = new Seeded(seed)
  }

  async prepare(): Promise<void> {
    for (let id = 1; id <= 8; id++) {
      await this.#prisma.workspace.create({ data: { slug: `w${id}`, name: 'W' } })
      await this.#prisma.jobRun.create({ data: { name: `job ${id}` } })
    }
  }

  /** One request: a few steps, one after the other. Their failures are part of it. */
  async request(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) await this.#step().catch(() => {})
  }

  #step(): Promise<unknown> {
    const prisma = this.#prisma
    const random = this.#random
    const kind = random.upTo(20)
    if (kind <= 7) return this.#operation(prisma)
    if (kind <= 10) return this.#array()
    if (kind <= 15) return prisma.$transaction((tx) => this.#inside(tx, 0))
    if (kind === 16) return this.#timeout()
    if (kind === 17) return this.#kill()
    if (kind === 18) return this.#deadlock()
    if (kind === 19) return this.#conflict()
    return this.#savepoints()
  }

  #operation(client: Client): Prisma.PrismaPromise<unknown> {
    const random = this.#random
    const slug = `w${random.upTo(8)}`
    switch (random.upTo(14)) {
      case 1:
        return client.tag.create({ data: { name: this.#name() } })
      case 2:
        // Fails where the name is there already: a thing of the past, or of this transaction.
        return client.tag.create({ data: { name: `taken ${random.upTo(5)}` } })
      case 3: {
        const data = [{ name: this.#name() }, { name: this.#name() }]
        return this.#dialect.returning
          ? client.tag.createManyAndReturn({ data })
          : client.tag.createMany({ data })
      }
      case 4:
        return client.workspace.upsert({
          where: { slug: `w${random.upTo(12)}` },
          create: { slug: `w${random.upTo(12)}`, name: 'U' },
          update: { name: this.#name() },
        })
      case 5:
        return client.workspace.update({ where: { slug }, data: { name: this.#name() } })
      case 6:
        return client.jobRun.createMany({
          data: [{ name: 'many' }, { name: 'many' }, { name: 'many' }],
        })
      case 7:
        return client.jobRun.updateMany({
          where: { id: { lte: random.upTo(6) } },
          data: { outcome: 'FAILED' },
        })
      case 8: {
        const where = { id: random.upTo(8) }
        const data = { outcome: 'SUCCEEDED' } as const
        return this.#dialect.returning
          ? client.jobRun.updateManyAndReturn({ where, data })
          : client.jobRun.updateMany({ where, data })
      }
      case 9:
        return client.jobRun.deleteMany({ where: { name: 'many', id: { lte: random.upTo(500) } } })
      case 10:
        // Often there is none: that fails, and aborts nothing.
        return client.jobRun.delete({ where: this.#jobToDelete() })
      case 11:
        return client.$executeRaw`INSERT INTO job_runs (name) VALUES ('raw'), (${slug})`
      case 12:
        return client.$queryRawUnsafe(this.#dialect.sleep(0.001))
      case 13:
        return client.alert.create({
          data: { title: 'a', workspaceId: random.upTo(10) },
          select: { id: true },
        })
      default:
        return client.workspace.findMany({ take: 2 })
    }
  }

  /**
   * Without RETURNING, Prisma reads a row and then deletes it: of two operations that delete one row at once,
   * both succeed. So each row has one delete, and no deleteMany.
   */
  #jobToDelete(): Prisma.JobRunWhereUniqueInput {
    const id = this.#random.upTo(200)
    if (this.#dialect.returning) return { id }
    if (this.#tried.has(id)) return { id: 0 }
    this.#tried.add(id)
    return { id, name: { not: 'many' } }
  }

  /** The inside of an interactive transaction, and of those nested in it. */
  async #inside(tx: Prisma.TransactionClient, depth: number): Promise<void> {
    const random = this.#random
    // Where the release of a savepoint within a savepoint fails, Prisma 7.10 rolls back to the outer one,
    // commits too early, and reports what it has committed as failed.
    const swallows = depth < 2
    for (let count = random.upTo(4); count > 0; count--) {
      const what = random.upTo(10)
      if (what <= 6) {
        const operation = this.#operation(tx)
        await (swallows && random.chance(0.3) ? operation.catch(() => {}) : operation)
      } else if (what === 7) {
        const both = [this.#operation(tx), this.#operation(tx)]
        await (swallows ? Promise.allSettled(both) : Promise.all(both))
      } else if (what === 8) {
        // Beside the transaction, on what it has not locked.
        await (this.#dialect.writesBeside ? this.#prisma : tx).tag.create({
          data: { name: this.#name() },
        })
      } else if (depth < 2) {
        const nested = tx.$transaction((inner) => this.#inside(inner, depth + 1))
        await (random.chance(0.7) ? nested.catch(() => {}) : nested)
      } else {
        await tx.$transaction([this.#operation(tx), this.#operation(tx)])
      }
    }
    if (random.chance(0.25)) {
      this.mishaps.add(depth === 0 ? 'rollback' : 'rollback to a savepoint')
      throw new Undo()
    }
  }

  #array(): Promise<unknown> {
    const operations: Prisma.PrismaPromise<unknown>[] = []
    for (let count = this.#random.upTo(4); count > 0; count--)
      operations.push(this.#operation(this.#prisma))
    return this.#prisma.$transaction(operations)
  }

  #timeout(): Promise<unknown> {
    const transaction = this.#prisma.$transaction(
      async (tx) => {
        // Of one statement: Prisma sends what is left of an operation after the rollback.
        await tx.tag.create({ data: { name: this.#name() } })
        await Promise.all([tx.$queryRawUnsafe(this.#dialect.sleep(0.05)), sleep(50)])
        await this.#operation(tx).catch(() => {})
      },
      { timeout: 30 },
    )
    return this.#counted('timeout', transaction, /timeout|expired/i)
  }

  /** The server ends the connection in the middle of the transaction. */
  #kill(): Promise<unknown> {
    const { kill } = this.#dialect
    if (kill === undefined) return this.#operation(this.#prisma)
    const transaction = this.#prisma.$transaction(async (tx) => {
      await this.#operation(tx).catch(() => {})
      const [{ id }] = await tx.$queryRawUnsafe<[{ id: number }]>(kill.ownId)
      await this.#beside.$queryRawUnsafe(kill.end(id))
      await this.#operation(tx).catch(() => {})
    })
    return this.#counted('killed connection', transaction)
  }

  async #deadlock(): Promise<void> {
    const update = (tx: Prisma.TransactionClient, slug: string): Promise<unknown> =>
      tx.workspace.update({ where: { slug }, data: { name: this.#name() } })
    const both = (first: string, second: string): Promise<unknown> =>
      this.#prisma.$transaction(async (tx) => {
        await update(tx, first)
        await tx.$queryRawUnsafe(this.#dialect.sleep(0.02))
        // The victim that goes on commits nothing.
        await this.#counted('deadlock', update(tx, second), conflicts).catch(() => {})
      })
    await Promise.allSettled([both('w1', 'w2'), both('w2', 'w1')])
  }

  async #conflict(): Promise<void> {
    const increase = (): Promise<unknown> =>
      this.#prisma.$transaction(
        async (tx) => {
          const count = await tx.tag.count()
          await tx.tag.create({ data: { name: `${this.#name()} of ${count}` } })
        },
        { isolationLevel: 'Serializable' },
      )
    await Promise.allSettled(
      [increase(), increase()].map((conflict) =>
        this.#counted('serialization failure', conflict, conflicts),
      ),
    )
  }

  #savepoints(): Promise<unknown> {
    return this.#prisma.$transaction(async (tx) => {
      await this.#operation(tx)
      await tx.$executeRaw`SAVEPOINT one`
      await this.#operation(tx).catch(() => {})
      await tx.$executeRawUnsafe(
        this.#random.chance(0.5) ? 'ROLLBACK TO SAVEPOINT one' : 'RELEASE SAVEPOINT one',
      )
      await this.#operation(tx).catch(() => {})
    })
  }

  async #counted(mishap: Mishap, work: Promise<unknown>, meant = /./): Promise<void> {
    try {
      await work
    } catch (error) {
      if (meant.test(String(error))) this.mishaps.add(mishap)
      throw error
    }
  }

  #name(): string {
    this.#names += 1
    return `n${this.#names}`
  }
}
