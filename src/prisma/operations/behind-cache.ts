import type { CacheRequests } from '../../database/operations/cache-requests.ts'
import { callerArgs } from '../internals.ts'
import { expectClient, type PrismaMetricsExtension } from './extension.ts'
import type { QueryParams } from './prisma-operation.ts'

/**
 * Returns the extension to apply after a cache. It observes the operations that the cache passes on, and
 * changes nothing.
 */
export function behindCache(requests: CacheRequests): PrismaMetricsExtension {
  const extension = (client: unknown): object => {
    expectClient('$extends(metrics.behindCache): the client', client)
    requests.active = true
    return client.$extends({
      name: 'prisma-prometheus behind cache',
      query: {
        $allOperations(params: QueryParams): unknown {
          requests.missed()
          return params.query(callerArgs(params))
        },
      },
    })
  }
  return extension as PrismaMetricsExtension
}
