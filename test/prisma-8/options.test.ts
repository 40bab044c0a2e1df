import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics as prisma7Metrics } from '../../src/index.ts'
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

test('takes the label of a client of Prisma 7 once its instrumentations are disposed', () => {
  const registry = new Registry()
  const [first, second] = [prisma7Metrics({ registry }), prisma7Metrics({ registry })]
  first.dispose()
  first.dispose()
  expect(() => prismaMetrics({ registry })).toThrow('a label of its own')
  second.dispose()
  const eight = prismaMetrics({ registry })
  expect(() => prisma7Metrics({ registry })).toThrow('a label of its own')
  eight.dispose()
  prisma7Metrics({ registry }).dispose()
})

test('exposes nothing of a disposed instrumentation', async () => {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  expect(await registry.metrics()).toContain('prisma_event_loop_delay_seconds{')
  metrics.dispose()
  const lines = (await registry.metrics()).split('\n')
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
})
