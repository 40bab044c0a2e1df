import type { Prisma } from '../../prisma/generated/client.ts'
import type { Random } from './random.ts'

/** A client, or that of an interactive transaction. */
export type Client = Prisma.TransactionClient

/** One call of the client. */
export interface Operation {
  readonly name: string
  /** How often it is chosen, against the others. */
  readonly weight: number
  /** True where it takes several statements, of which the last may be cut off. */
  readonly divisible?: true
  /** Makes the call, which runs once it is awaited: Prisma's promises are lazy. */
  make(client: Client, random: Random): Prisma.PrismaPromise<unknown>
}
