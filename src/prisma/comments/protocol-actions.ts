import { rawModel } from '../../database/statements/parsed-statements.ts'

/** Operations whose name differs from the action that Prisma passes to plugins of `comments`. */
const actions: Readonly<Record<string, string>> = {
  count: 'aggregate',
  create: 'createOne',
  delete: 'deleteOne',
  update: 'updateOne',
  upsert: 'upsertOne',
  $executeRaw: 'executeRaw',
  $executeRawUnsafe: 'executeRaw',
  $queryRaw: 'queryRaw',
  $queryRawTyped: 'queryRaw',
  $queryRawUnsafe: 'queryRaw',
}

const operations: Readonly<Record<string, string>> = {
  createOne: 'create',
  deleteOne: 'delete',
  updateOne: 'update',
  upsertOne: 'upsert',
  executeRaw: '$executeRaw',
  queryRaw: '$queryRaw',
}

/** The tag of the statements of an operation. Several operations can have the same. */
export function tagOfOperation(model: string | undefined, operation: string): string {
  return tagOfAction(model, actions[operation] ?? operation)
}

/** @param action as Prisma passes it to a plugin of `comments`. */
export function tagOfAction(model: string | undefined, action: string): string {
  return `${model ?? ''}.${action}`
}

/** The model and the most likely operation of a tag. */
export function operationOfTag(tag: string): {
  readonly model: string
  readonly operation: string
} {
  const [model = '', action = ''] = tag.split('.')
  return { model: model === '' ? rawModel : model, operation: operations[action] ?? action }
}
