import type { ConnectedService } from '../service.ts'
import { createPrisma8Api } from './api.ts'
import { connectPrisma8 } from './client.ts'

/** The API on Prisma 8. */
export function connectService(connectionString: string): ConnectedService {
  const connection = connectPrisma8(connectionString)
  return {
    api: createPrisma8Api(connection.db),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
