import type { OperationNames } from '../../database/operations/operation.ts'

/** The operations of Prisma 7 on SQL databases. */
export const operationNames: OperationNames = {
  model: [
    'aggregate',
    'count',
    'create',
    'createMany',
    'createManyAndReturn',
    'delete',
    'deleteMany',
    'findFirst',
    'findFirstOrThrow',
    'findMany',
    'findUnique',
    'findUniqueOrThrow',
    'groupBy',
    'update',
    'updateMany',
    'updateManyAndReturn',
    'upsert',
  ],
  raw: ['$executeRaw', '$executeRawUnsafe', '$queryRaw', '$queryRawTyped', '$queryRawUnsafe'],
}

/** True for operations that read a model, whose results a cache can keep. */
export function isRead(operation: string): boolean {
  return reads.has(operation) || operation.startsWith('find')
}

const reads: ReadonlySet<string> = new Set(['aggregate', 'count', 'groupBy'])
