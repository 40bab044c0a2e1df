import type { PrismaClient } from '../../prisma/generated/client.ts'

/** Types an extended client, or one of another schema, as the client of the example's schema. */
export function asClient(client: object): PrismaClient {
  return client as PrismaClient
}
