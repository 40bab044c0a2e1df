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
