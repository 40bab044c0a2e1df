import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../src/prisma-8.ts'

test('reads own and inherited options alike', async () => {
  const registry = new Registry()
  class Base {
    get registry(): Registry {
      return registry
    }
    get client(): string {
      return 'inherited'
    }
  }
  class Config extends Base {
    readonly migrations = false
  }
  await prismaMetrics(new Config()).scope('job', () => 1)
  expect(await registry.metrics()).toContain('{client="inherited",scope="job",outcome="ok"} 1')
  class Legacy {
    get legacyMetrics(): boolean {
      return true
    }
  }
  expect(() => prismaMetrics(new Legacy() as never)).toThrow('legacyMetrics')
})

test('refuses options that are not an object', () => {
  expect(() => prismaMetrics(null as never)).toThrow('options: expected an object, got null')
})
