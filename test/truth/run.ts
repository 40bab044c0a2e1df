import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Dialect } from './dialect.ts'
import type { Client, Operation } from './operation.ts'
import type { Random } from './random.ts'

/**
 * Which operations a program is made of. `plain` ones are told all about by their own results:
 * there are no nested writes and no raw ones.
 */
export type Profile = 'full' | 'plain'

/** What a program ends a transaction with by itself. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp'
}

/** What runs a program, and what it has met. */
export class Run {
  readonly client: PrismaClient
  readonly dialect: Dialect
  readonly profile: Profile
  readonly #operations: readonly Operation[]
  readonly #indivisible: readonly Operation[]
  /** How often each call was made. */
  readonly calls = new Map<string, number>()
  /** What calls failed with, as `call: error`. */
  readonly failures = new Set<string>()
  /** What became of each call, in the order they ended. */
  readonly log: string[] = []
  /** Errors that neither Prisma nor the program throws. */
  readonly surprises: unknown[] = []

  constructor(
    client: PrismaClient,
    dialect: Dialect,
    profile: Profile,
    operations: readonly Operation[],
  ) {
    this.client = client
    this.dialect = dialect
    this.profile = profile
    this.#operations = operations
    this.#indivisible = operations.filter(
      ({ name, divisible }) => divisible !== true && dialect.divisible?.test(name) !== true,
    )
  }

  /** How many calls were made. */
  get size(): number {
    let size = 0
    for (const calls of this.calls.values()) size += calls
    return size
  }

  /** Any operation of the program, made and not yet running. */
  make(client: Client, random: Random): Call {
    const operation = random.weighted(this.#operations)
    return { name: operation.name, promise: operation.make(client, random) }
  }

  /** Runs a call; false where it failed. */
  async attempt(name: string, call: () => PromiseLike<unknown>): Promise<boolean> {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1)
    try {
      await call()
      this.log.push(name)
      return true
    } catch (error) {
      const kind = kindOf(error) ?? 'surprise'
      this.log.push(`${name}: ${kind}`)
      this.failures.add(`${name}: ${kind}`)
      if (kind === 'surprise') this.surprises.push(error)
      return false
    }
  }

  /** Runs any operation; false where it failed. */
  async operate(client: Client, random: Random): Promise<boolean> {
    const { name, promise } = this.make(client, random)
    return this.attempt(name, () => promise)
  }

  /** Runs any operation of a single statement; false where it failed. */
  async operateBriefly(client: Client, random: Random): Promise<boolean> {
    const operation = random.weighted(this.#indivisible)
    return this.attempt(operation.name, () => operation.make(client, random))
  }

  /**
   * Runs an operation that may outlive its transaction; false where it failed. Its later statements then
   * commit on their own, which no result of a `plain` operation reports.
   */
  async operateToTheEnd(client: Client, random: Random): Promise<boolean> {
    return this.profile === 'plain'
      ? this.operateBriefly(client, random)
      : this.operate(client, random)
  }

  /** Runs raw SQL; false where it failed. */
  async execute(client: Client, sql: string): Promise<boolean> {
    return this.attempt(sql.split(' ')[0] as string, () => client.$executeRawUnsafe(sql))
  }
}

export interface Call {
  readonly name: string
  readonly promise: ReturnType<Operation['make']>
}

// What pg says of a connection that is gone.
const lostConnection =
  /^(Connection terminated|Client has encountered a connection error|Cannot use a pool after)/

function kindOf(error: unknown): string | undefined {
  if (error === undefined || error === null || error === 0) return String(error)
  if (!(error instanceof Error)) return undefined
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && error.name.startsWith('PrismaClient')) return code
  if (error.name.startsWith('PrismaClient') || error.name === 'DriverAdapterError')
    return error.name
  if (error instanceof GivenUp) return error.name
  return lostConnection.test(error.message) ? 'lost connection' : undefined
}
