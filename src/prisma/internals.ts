import type { ModelTable } from '../database/model-names.ts'

/**
 * Everything this package knows of Prisma's private side, and nothing of it is needed: each function
 * answers undefined where a client has no such thing, and its caller does without.
 */

/** The models of a generated client with the tables they are mapped to. */
export function modelTables(client: unknown): ModelTable[] {
  const models = read(read(client, '_runtimeDataModel'), 'models')
  if (typeof models !== 'object' || models === null) return []
  return Object.entries(models).map(([model, { dbName, schema }]: [string, MappedModel]) => ({
    model,
    table: dbName ?? model,
    schema: schema ?? undefined,
  }))
}

interface MappedModel {
  readonly dbName?: string | null
  readonly schema?: string | null
}

export function clientVersion(client: unknown): string | undefined {
  return stringOf(read(client, '_clientVersion'))
}

/** The provider of the schema's datasource: `postgresql`, `mysql`, … */
export function activeProvider(client: unknown): string | undefined {
  return stringOf(read(client, '_activeProvider'))
}

/** The driver adapter factory the client was made with. */
export function adapterFactory(client: unknown): unknown {
  return read(read(client, '_engineConfig'), 'adapter')
}

/** The client that an extended client was made from. */
export function parentClient(client: unknown): unknown {
  return read(client, '$parent')
}

/** The transaction an operation runs in: `none`, or undefined where Prisma does not tell. */
export type OperationTransaction =
  | { readonly kind: 'none' }
  | { readonly kind: 'batch' }
  | { readonly kind: 'interactive'; readonly id: string }

const none: OperationTransaction = { kind: 'none' }
const batch: OperationTransaction = { kind: 'batch' }

/** @param params what the callback of a query extension was called with. */
export function operationTransaction(params: object): OperationTransaction | undefined {
  const request = read(params, '__internalParams')
  if (request === undefined) return undefined
  const transaction = read(request, 'transaction')
  if (transaction === undefined || transaction === null) return none
  if (isOfArray(params)) return batch
  const id = stringOf(read(transaction, 'id'))
  return id === undefined ? undefined : { kind: 'interactive', id }
}

/**
 * The arguments as the caller gave them. An extension gets a copy, and what Prisma cannot copy (a
 * class with a `toJSON` of its own inside of a Json field) is written as something else from it.
 *
 * @param params what the callback of a query extension was called with.
 */
export function callerArgs(params: { readonly args: unknown }): unknown {
  const request = read(params, '__internalParams')
  if (typeof request !== 'object' || request === null || !('args' in request)) return params.args
  return request.args
}

/** Whether an operation is one of an array that `$transaction` was called with. */
export function isOfArray(params: object): boolean {
  return read(read(read(params, '__internalParams'), 'transaction'), 'kind') === 'batch'
}

/** The frames of the application in which an operation was called, one in a line. */
export function callerStack(params: object): string | undefined {
  const callSite = read(read(params, '__internalParams'), 'callsite')
  const stack = stringOf(read(read(callSite, '_error'), 'stack')) ?? ''
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/[\\/]@prisma[\\/]|node:internal/.test(line))
  return frames.length === 0 ? undefined : frames.map((line) => line.trim()).join('\n')
}

/** The interactive transaction that `client` is the client of. */
export function transactionId(client: unknown): string | undefined {
  return stringOf(read(read(client, Symbol.for('prisma.client.transaction.scope_context')), 'txId'))
}

function read(object: unknown, key: string | symbol): unknown {
  if (typeof object !== 'object' || object === null) return undefined
  return (object as Record<string | symbol, unknown>)[key]
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
