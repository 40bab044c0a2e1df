import type { ModelTable } from '../database/model-names.ts'

/**
 * All accesses to Prisma's private properties. Each function returns undefined if a client has no such
 * property, and its caller continues without it.
 */

/** The models of a generated client with their tables. */
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

/** The driver adapter factory of the client. */
export function adapterFactory(client: unknown): unknown {
  return read(read(client, '_engineConfig'), 'adapter')
}

/** The client that `$extends` was called on. */
export function parentClient(client: unknown): unknown {
  return read(client, '$parent')
}

/** The transaction of an operation, or `none`. */
export type OperationTransaction =
  | { readonly kind: 'none' }
  | { readonly kind: 'batch'; readonly id: string }
  | { readonly kind: 'interactive'; readonly id: string }

const none: OperationTransaction = { kind: 'none' }

/**
 * Returns undefined if Prisma does not expose the transaction.
 *
 * @param params the parameters of a query extension's callback.
 */
export function operationTransaction(params: object): OperationTransaction | undefined {
  const request = read(params, '__internalParams')
  if (request === undefined) return undefined
  const transaction = read(request, 'transaction')
  if (transaction === undefined || transaction === null) return none
  if (isOfArray(params)) return { kind: 'batch', id: `array ${String(read(transaction, 'id'))}` }
  const id = stringOf(read(transaction, 'id'))
  return id === undefined ? undefined : { kind: 'interactive', id }
}

/**
 * The arguments as the caller passed them. An extension gets a copy, which loses values that Prisma
 * cannot copy, such as an instance of a class with `toJSON` inside a Json field.
 *
 * @param params the parameters of a query extension's callback.
 */
export function callerArgs(params: { readonly args: unknown }): unknown {
  const request = read(params, '__internalParams')
  if (typeof request !== 'object' || request === null || !('args' in request)) return params.args
  return request.args
}

/** True if an operation is part of an array that `$transaction` was called with. */
export function isOfArray(params: object): boolean {
  return read(read(read(params, '__internalParams'), 'transaction'), 'kind') === 'batch'
}

/** The stack frames of an operation's call outside Prisma and Node, one per line. */
export function callerStack(params: object): string | undefined {
  const callSite = read(read(params, '__internalParams'), 'callsite')
  const stack = stringOf(read(read(callSite, '_error'), 'stack')) ?? ''
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/[\\/]@prisma[\\/]|node:internal/.test(line))
  return frames.length === 0 ? undefined : frames.map((line) => line.trim()).join('\n')
}

/** The id of the interactive transaction whose client `client` is. */
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
