import type { Random } from '../../truth/random.ts'
import { operations } from './operations.ts'
import type { Prepared } from './prepared.ts'
import { type Db, type Session, sessionOf } from './session.ts'
import { statement } from './statement.ts'

/** An error by which the program gives up a transaction. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp'
}

/** A running program, with what its calls have met. */
export class Run {
  readonly db: Db
  readonly session: Session
  readonly prepared: Prepared
  /** Calls by name. */
  readonly calls = new Map<string, number>()
  /** Failures as `call: kind`. */
  readonly failures = new Map<string, number>()
  /** The end of each call since the last step, in order. */
  readonly log: string[] = []
  /** Errors that neither Prisma, the driver nor the program throws. */
  readonly surprises: unknown[] = []
  readonly readers: string[] = []
  leaked = false
  readonly leakedReaders = new Set<string>()
  #size = 0
  #names = 0

  constructor(db: Db, prepared: Prepared) {
    this.db = db
    this.session = sessionOf(db)
    this.prepared = prepared
  }

  get size(): number {
    return this.#size
  }

  /** A name that no other call of the program gets. */
  unique(): string {
    this.#names += 1
    return `unique-${this.#names}`
  }

  /** Runs a call; false if it failed. */
  async attempt(name: string, call: () => PromiseLike<unknown>): Promise<boolean> {
    this.#size += 1
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1)
    try {
      await call()
      this.log.push(name)
      return true
    } catch (error) {
      const kind = kindOf(error)
      this.log.push(`${name}: ${kind ?? 'surprise'}`)
      const failure = `${name}: ${kind ?? 'surprise'}`
      this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1)
      if (kind === undefined) this.surprises.push(error)
      return false
    }
  }

  /** Runs any operation; false if it failed. */
  async operate(session: Session, random: Random): Promise<boolean> {
    const operation = random.weighted(operations)
    return this.attempt(operation.name, () => operation.make(this, session, random))
  }

  /** Runs raw SQL that takes no parameters; false if it failed. */
  async control(session: Session, sql: string): Promise<boolean> {
    return this.attempt(sql, () => session.execute(statement(this.db, sql)))
  }
}

const driverErrors =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|This socket has been ended|write EPIPE|read ECONNRESET)/

function kindOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { sqlState, code, kind } = error as { sqlState?: unknown; code?: unknown; kind?: unknown }
  if (typeof sqlState === 'string') return sqlState
  if (kind === 'sql_connection') return 'lost connection'
  if (error instanceof GivenUp) return error.name
  if (driverErrors.test(error.message)) return 'lost connection'
  // Two drivers on one pool give their prepared statements the same names.
  if (error.message.startsWith('Prepared statements must be unique')) return 'name taken'
  return typeof code === 'string' ? code : undefined
}
