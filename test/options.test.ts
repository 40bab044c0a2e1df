import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { prismaMetrics, type PrismaMetricsOptions } from '../src/index.ts'

const onMistake = (options: object) => (): unknown =>
  prismaMetrics({ registry: new Registry(), ...options } as PrismaMetricsOptions)

describe('reports a mistake in the options with its subject, the expectation and the value', () => {
  test.each<[object, string]>([
    [
      { clientName: 'main' },
      'options: expected only client, registry, prefix, detail, buckets, models, maxSeries, slowOperation, failedOperation, longTransaction, nPlusOne, migrations, eventLoopDelay, legacyMetrics, exactUpserts, decideUnknown, histograms, onError, got "clientName"',
    ],
    [{ client: '' }, 'client: expected a string that is not empty, got ""'],
    [{ client: 7 }, 'client: expected a string that is not empty, got 7'],
    [
      { registry: {} },
      'registry: expected a prom-client Registry (an object with registerMetric and getSingleMetric), got an object with the keys (none)',
    ],
    [
      { registry: null },
      'registry: expected a prom-client Registry (an object with registerMetric and getSingleMetric), got null',
    ],
    [
      { prefix: '7prisma' },
      'prefix: expected the start of a metric name: letters, digits and underscores, no digit first, got "7prisma"',
    ],
    [
      { prefix: 'prisma-' },
      'prefix: expected the start of a metric name: letters, digits and underscores, no digit first, got "prisma-"',
    ],
    [
      { prefix: '' },
      'prefix: expected the start of a metric name: letters, digits and underscores, no digit first, got ""',
    ],
    [
      { buckets: [1, 0.5] },
      'buckets: expected an array of finite numbers of seconds, each greater than the one before, got [1, 0.5]',
    ],
    [
      { buckets: [1, 1] },
      'buckets: expected an array of finite numbers of seconds, each greater than the one before, got [1, 1]',
    ],
    [
      { buckets: [1, Infinity] },
      'buckets: expected an array of finite numbers of seconds, each greater than the one before, got [1, Infinity]',
    ],
    [
      { buckets: [] },
      'buckets: expected an array of finite numbers of seconds, each greater than the one before, got []',
    ],
    [
      { buckets: ['0.1', '0.5'] },
      'buckets: expected an array of finite numbers of seconds, each greater than the one before, got ["0.1", "0.5"]',
    ],
    [
      { models: { users: 7 } },
      'models: expected an object of table name to model name, got an object with the keys users',
    ],
    [{ maxSeries: 0 }, 'maxSeries: expected a whole number of label sets, at least 1, got 0'],
    [{ maxSeries: 1.5 }, 'maxSeries: expected a whole number of label sets, at least 1, got 1.5'],
    [{ maxSeries: '9' }, 'maxSeries: expected a whole number of label sets, at least 1, got "9"'],
    [{ migrations: true }, 'migrations: expected an object or false, got true'],
    [
      { migrations: { folder: 'prisma/migrations' } },
      'migrations: expected only directory, refreshSeconds, got "folder"',
    ],
    [
      { migrations: { directory: '' } },
      'migrations.directory: expected the path of a folder, got ""',
    ],
    [
      { migrations: { refreshSeconds: -1 } },
      'migrations.refreshSeconds: expected a number of seconds of at least 0, got -1',
    ],
    [
      { migrations: { refreshSeconds: Number.NaN } },
      'migrations.refreshSeconds: expected a number of seconds of at least 0, got NaN',
    ],
    [{ onError: 'log' }, 'onError: expected a function, got "log"'],
  ])('%o', (options, message) => {
    expect(onMistake(options)).toThrow(
      Object.assign(new TypeError(`prisma-prometheus: ${message}`), {
        code: 'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
      }),
    )
  })

  test.each([null, 7, 'default'])('rejects invalid options: %o', (options) => {
    expect(() => prismaMetrics(options as never)).toThrow('options: expected an object, got ')
  })
})

describe('a name that is taken', () => {
  test("rejects a name of another package's metric", () => {
    const registry = new Registry()
    registry.registerMetric(
      new Counter({ name: 'prisma_model_inserts_total', help: 'mine', registers: [] }),
    )
    expect(() => prismaMetrics({ registry })).toThrow(
      'prisma-prometheus: metric "prisma_model_inserts_total": expected the name to be free or taken by prisma-prometheus, got a metric that something else has registered; choose another prefix or registry',
    )
  })

  test('rejects a name of its own metric with other buckets', () => {
    const registry = new Registry()
    prismaMetrics({ registry, buckets: [0.1, 1] })
    expect(() => prismaMetrics({ registry, client: 'second', buckets: [0.5] })).toThrow(
      'prisma-prometheus: metric "prisma_operation_duration_seconds" is registered already: expected a histogram with labels client, model, operation and buckets 0.1 1, got a histogram with labels client, model, operation and buckets 0.5; choose another prefix or registry',
    )
  })

  test('accepts the same metric under another prefix', () => {
    const registry = new Registry()
    prismaMetrics({ registry })
    expect(() => prismaMetrics({ registry, prefix: 'orm_' })).not.toThrow()
    expect(registry.getSingleMetric('orm_operations_in_flight')).toBeDefined()
  })
})

test('has a default for every option', () => {
  expect(() => prismaMetrics()).not.toThrow()
})
