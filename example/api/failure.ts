import { Prisma } from '../../prisma/generated/client.ts'
import type { Reply } from './router.ts'

const statusOfCode: Readonly<Record<string, number>> = {
  P2002: 409, // unique constraint
  P2003: 409, // foreign key constraint
  P2025: 404, // record not found
  P2028: 503, // transaction timed out
}

/** The response to a failed request. Error texts of the database are never part of it. */
export function replyToFailure(error: unknown): Reply {
  if (error instanceof Prisma.PrismaClientValidationError || error instanceof SyntaxError) {
    return { status: 400, body: { error: 'invalid request' } }
  }
  const code = error instanceof Prisma.PrismaClientKnownRequestError ? error.code : 'unknown'
  return { status: statusOfCode[code] ?? 500, body: { error: code } }
}
