import postgres, { type PostgresClient, type PostgresOptions } from '@prisma/orm-postgres/runtime'
import { Pool, type PoolConfig } from 'pg'
import { Counter, Histogram, Registry } from 'prom-client'
import type * as source from '../../src/prisma-8.ts'
import type { Contract } from '../../test/fixtures/prisma-8/contract.d.ts'
import contractJson from '../../test/fixtures/prisma-8/contract.json' with { type: 'json' }

// The compiled package, for the reason given in bench/package.ts.
const built: string = new URL('../../dist/prisma-8.js', import.meta.url).href
const { prismaMetrics } = (await import(built)) as typeof source

/** A client of Prisma 8 to measure, on a pool of its own. */
export interface Variant {
  readonly name: string
  readonly client: PostgresClient<Contract>
  readonly pool: Pool
}

/** Creates the clients to compare. */
export function makeVariants(config: PoolConfig): [Variant, ...Variant[]] {
  const pool = (): Pool => new Pool({ ...config, max: 1 })
  const variant = (name: string, own: Pool, middleware?: Middleware): Variant => ({
    name,
    pool: own,
    client: postgres<Contract>({
      contractJson,
      pg: own,
      ...(middleware && { middleware: [middleware] }),
    }),
  })
  const metrics = prismaMetrics({ registry: new Registry() })
  const ours = variant('ours', metrics.pool(pool()), metrics.middleware)
  return [
    variant('bare client', pool()),
    variant('no-op middleware', pool(), noOp),
    variant('ten-line middleware', pool(), tenLines(new Registry())),
    wrapped(variant('no-op wrappers', pool(), noOps)),
    { ...ours, client: metrics.instrument(ours.client) },
  ]
}

type Middleware = NonNullable<PostgresOptions<Contract>['middleware']>[number]

const noOp: Middleware = { name: 'no-op', async afterQuery() {} }

const noOps: Middleware = {
  name: 'no-ops',
  async interceptQuery() {
    return undefined
  },
  async afterQuery() {},
}

/**
 * The floor of whatever sees methods, plans, statements and connections: the wrappers that this takes,
 * which record nothing.
 */
function wrapped(variant: Variant): Variant {
  const { pool } = variant
  const connect = pool.connect.bind(pool) as () => Promise<object>
  const observed = (): Promise<object> => connect().then((client) => client)
  Object.defineProperty(pool, 'connect', { value: observed })
  pool.on('acquire', (client) => {
    if (Object.hasOwn(client, 'query')) return
    const query = client.query.bind(client) as (config: object) => Promise<object>
    Object.defineProperty(client, 'query', {
      value: (config: object) => query(config).then((result) => result),
    })
  })
  return { ...variant, client: forwarding(variant.client) }
}

/** Forwards every member, and the promises of every method. */
function forwarding<T extends object>(target: T): T {
  const known = new WeakMap<object, object>()
  const wrap = (value: object): object => {
    let wrapper = known.get(value)
    if (wrapper === undefined) known.set(value, (wrapper = forwarding(value)))
    return wrapper
  }
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key, object)
      if (typeof value === 'function')
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, object, args)
          if (result instanceof Promise) return result.then((settled: unknown) => settled)
          return key === 'where' ? forwarding(result as object) : result
        }
      return typeof value === 'object' && value !== null ? wrap(value) : value
    },
  })
}

/** The usual hand-written middleware. */
function tenLines(registry: Registry): Middleware {
  const registers = [registry]
  const labelNames = ['table', 'kind']
  const seconds = new Histogram({ name: 'seconds', help: 'Time.', labelNames, registers })
  const rows = new Counter({ name: 'rows', help: 'Rows.', labelNames, registers })
  return {
    name: 'ten-lines',
    async afterQuery({ ast }, { latencyMs, rowCount }) {
      const table = ast.kind === 'select' && ast.from?.kind === 'table-source' ? ast.from.name : ''
      seconds.observe({ table, kind: ast.kind }, latencyMs / 1000)
      rows.inc({ table, kind: ast.kind }, rowCount)
    },
  }
}
