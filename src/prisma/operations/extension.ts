import { expectThat, isObject } from '../../support/validate.ts'
import {
  isInstrumentedBy,
  type Instrumentation,
  instrumentedByKey,
  instrumentationsOf,
} from '../../database/instrumented-by.ts'
import { activeProvider, parentClient } from '../internals.ts'
import { observeOperations, type OperationLayer } from './observe-operations.ts'
import type { AnyFunction } from './transaction-calls.ts'

/**
 * The argument of `$extends`, as a structural type: it adds nothing to the client's types but `Members`,
 * so that every model, `select` and `tx` keeps its type.
 */
export type PrismaMetricsExtension<Members extends object = {}> = (client: unknown) => {
  $extends: {
    extArgs: {
      result: {}
      model: {}
      query: {}
      // Prisma's form of a client component's members.
      client: { [K in keyof Members]: () => Members[K] }
    }
  }
}

interface ExtensibleClient {
  $extends(extension: unknown): object
  readonly $transaction?: unknown
}

/** Extends one client with the operation layer. */
export class ClientExtension {
  readonly #layer: OperationLayer
  readonly #instrumentation: Instrumentation

  constructor(layer: OperationLayer, instrumentation: Instrumentation) {
    this.#layer = layer
    this.#instrumentation = instrumentation
  }

  /**
   * Returns the client extended, or the client itself if it has the operation layer already.
   *
   * @throws {Error} if the client feeds another `client` label of the same registry.
   */
  extend(client: unknown): object {
    expectClient('$extends(metrics.extension): the client', client)
    return this.#extend('$extends(metrics.extension): the client', client)
  }

  /**
   * Returns the client extended, with `$on` of the client beneath, which `$extends` removes.
   *
   * @throws {TypeError} if `client` is not a Prisma client.
   * @throws {Error} if the client feeds another `client` label of the same registry.
   */
  instrument<C extends object>(client: C): C {
    const subject = 'metrics.instrument(client)'
    expectClient(subject, client)
    const extended = this.#extend(subject, client)
    return extended === client ? client : withOn(client, extended)
  }

  #extend(subject: string, client: ExtensibleClient): object {
    const present = instrumentationsOfClient(client)
    if (isInstrumentedBy(subject, present, this.#instrumentation)) return client
    const layer = this.#layer
    const rowSource = layer.extending(client)
    const { $transaction } = client
    const extended = client.$extends({
      name: 'prisma-prometheus',
      query: {
        $allOperations: observeOperations(layer, activeProvider(client), rowSource),
      },
      client: {
        ...layer.members,
        ...(typeof $transaction === 'function' && {
          $transaction: layer.transactions.wrap($transaction as AnyFunction),
        }),
      },
    })
    return Object.assign(extended, { [instrumentedByKey]: [...present, this.#instrumentation] })
  }
}

export function expectClient(subject: string, client: unknown): asserts client is ExtensibleClient {
  const isClient =
    isObject(client) && typeof (client as Partial<ExtensibleClient>).$extends === 'function'
  expectThat(subject, isClient, 'a Prisma client', client)
}

/**
 * Returns `extended` with `$on` of `client`. The `$on` of an extended client is undefined and cannot be
 * redefined, and a Proxy of it must return the same value.
 */
function withOn<C extends object>(client: C, extended: object): C {
  const { $on } = client as { readonly $on?: unknown }
  const on =
    typeof $on !== 'function'
      ? undefined
      : function (this: unknown, ...args: unknown[]): unknown {
          const returned: unknown = Reflect.apply($on, client, args)
          return returned === client ? this : returned
        }
  const prototype = Object.getPrototypeOf(client) as object | null
  return new Proxy(Object.create(prototype) as C, {
    get: (_, key) => (key === '$on' ? on : (Reflect.get(extended, key) as unknown)),
    set: (_, key, value) => Reflect.set(extended, key, value),
    has: (_, key) => Reflect.has(extended, key),
    deleteProperty: (_, key) => Reflect.deleteProperty(extended, key),
    defineProperty: (_, key, descriptor) =>
      Reflect.defineProperty(extended, key, { ...descriptor, configurable: true }),
    ownKeys: () => Reflect.ownKeys(extended),
    getOwnPropertyDescriptor(_, key) {
      const descriptor = Reflect.getOwnPropertyDescriptor(extended, key)
      // A Proxy must not report a property as fixed that its target does not have.
      return descriptor && { ...descriptor, configurable: true }
    },
  })
}

/** The instrumentations of a client, or of the client that it was extended from. */
function instrumentationsOfClient(client: object): readonly Instrumentation[] {
  // A client that was never extended may be its own parent.
  for (
    let at: unknown = client, depth = 0;
    isObject(at) && depth < 100;
    depth++, at = parentClient(at)
  ) {
    const present = instrumentationsOf(at)
    if (present.length > 0) return present
  }
  return []
}
