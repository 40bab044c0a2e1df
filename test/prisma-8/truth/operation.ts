import type { Random } from '../../truth/random.ts'
import type { Prepared } from './prepared.ts'
import type { Db, Session } from './session.ts'

/** The program as its operations need it. */
export interface OperationRun {
  readonly db: Db
  readonly prepared: Prepared
  /** A name that no other call of the program gets. */
  unique(): string
  /** The emails of readers whose creation was reported as successful to an observed caller. */
  readonly readers: string[]
  /** The session that commits each operation by itself. */
  readonly session: Session
  /** True while raw SQL has left a transaction open on a connection of the pool. */
  readonly leaked: boolean
  /** Those of `readers` whose creation may wait for the end of such a transaction. */
  readonly leakedReaders: Set<string>
}

/** One kind of call that a program makes. */
export interface Operation {
  readonly name: string
  readonly weight: number
  readonly make: (run: OperationRun, session: Session, random: Random) => PromiseLike<unknown>
}

// So few that unique violations and missing rows happen by themselves.
export const email = (random: Random): string => `user-${random.below(12)}`
export const tag = (random: Random): string => `tag-${random.below(30)}`
export const id = (random: Random): number => 1 + random.below(30)
