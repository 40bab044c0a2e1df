import { PrismaPg } from '@prisma/adapter-pg'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/index.ts'
import { heapInUse } from '../support/heap.ts'

/** As some adapters are: a bare Proxy around one throws at every method. */
class Guarded extends PrismaPg {
  readonly #secret = 'open sesame'

  reveal(): string {
    return this.#secret
  }

  static isGuarded(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #secret in value
  }
}

const config = { connectionString: 'postgresql://127.0.0.1:1/none' }
const { adapter } = prismaMetrics({ registry: new Registry() })

test('makes a wrapped factory indistinguishable from the factory', () => {
  const original = new Guarded(config)
  const wrapped = adapter(original)
  expect(wrapped).toBeInstanceOf(Guarded)
  expect(wrapped.constructor).toBe(Guarded)
  expect(wrapped.provider).toBe('postgres')
  expect(wrapped.adapterName).toBe('@prisma/adapter-pg')
  expect(wrapped.reveal()).toBe('open sesame')
  expect(wrapped.reveal).toBe(wrapped.reveal)
  expect(Object.keys(wrapped)).toEqual(Object.keys(original))
  Object.assign(wrapped, { note: 1 })
  expect(original).toHaveProperty('note', 1)
})

test('has the optional methods of the wrapped factory, and no others', async () => {
  const original = await new PrismaPg(config).connect()
  const wrapped = await adapter(new PrismaPg(config)).connect()
  for (const method of ['getConnectionInfo', 'underlyingDriver', 'executeScript', 'notThere']) {
    expect([method, method in wrapped]).toEqual([method, method in original])
    expect([method, typeof Reflect.get(wrapped, method)]).toEqual([
      method,
      typeof Reflect.get(original, method),
    ])
  }
  await Promise.all([original.dispose(), wrapped.dispose()])

  const { provider, adapterName } = new PrismaPg(config)
  const without = { provider, adapterName, connect: async () => wrapped }
  expect('connectToShadowDb' in adapter(without)).toBe(false)
  expect('connectToShadowDb' in adapter(new PrismaPg(config))).toBe(true)
})

test('wraps a frozen factory without changing it', async () => {
  const inner = new Guarded(config)
  const { provider, adapterName } = inner
  const original = Object.freeze({
    provider,
    adapterName,
    connect: async () => Object.freeze(await inner.connect()),
    connectToShadowDb: () => inner.connectToShadowDb(),
  })
  const wrapped = adapter(original)
  expect(wrapped.connect).not.toBe(original.connect)
  expect(typeof wrapped.connectToShadowDb).toBe('function')
  expect(Object.keys(wrapped)).toEqual(Object.keys(original))
  expect(() => Object.assign(wrapped, { provider: 'mysql' })).toThrow(TypeError)
  expect(adapter(Object.freeze(inner))).toBeInstanceOf(Guarded)

  const connected = await wrapped.connect()
  expect(connected.adapterName).toBe(adapterName)
  await expect(connected.queryRaw({ sql: 'SELECT 1', args: [], argTypes: [] })).rejects.toThrow()
  await connected.dispose()
})

test('does not leak memory of disposed adapters', async () => {
  const times = 100
  const comeAndGo = async (): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const connected = await adapter(new PrismaPg(config)).connect()
      const sql = `SELECT '${crypto.randomUUID().repeat(100)}'`
      // Nobody answers there. What `expect` would note of each would be what is left.
      await connected.queryRaw({ sql, args: [], argTypes: [] }).catch(() => {})
      await connected.dispose()
    }
  }
  await comeAndGo()
  const before = await heapInUse()
  await comeAndGo()
  // The text alone has 3600 characters.
  expect(((await heapInUse()) - before) / times).toBeLessThan(2000)
})

test('rejects a value that is not a factory', () => {
  expect(() => adapter({} as never)).toThrow(
    'metrics.adapter(factory): expected a driver adapter factory such as new PrismaPg(…), got an object without connect()',
  )
  expect(() => adapter('postgresql://localhost' as never)).toThrow('got postgresql://localhost')
})
