import { createApi } from './api/api.ts'
import type { Api } from './api/serve-routes.ts'
import { connectPrisma } from './prisma.ts'

/** The API of the application, connected to its database. */
export interface ConnectedService {
  readonly api: Api
  [Symbol.asyncDispose](): Promise<void>
}

/** The API on Prisma 7. */
export function connectService(connectionString: string): ConnectedService {
  const connection = connectPrisma(connectionString)
  return {
    api: createApi(connection.prisma),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
