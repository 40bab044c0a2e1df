import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Gauge, type Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { connect, gate } from '../connect.ts'

async function lines(registry: Registry, name: string): Promise<string[]> {
  const text = await registry.getSingleMetricAsString(name)
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test('reads the value at the scrape', async () => {
  const { prisma, metrics, registry } = await connect()
  let read = 0
  metrics.gauge({
    name: 'alerts_open',
    help: 'Alerts that are not resolved, by severity.',
    labelNames: ['severity'],
    refreshSeconds: 0,
    read: async () => {
      read += 1
      const groups = await prisma.alert.groupBy({ by: ['severity'], _count: true })
      return groups.map(({ severity, _count }) => ({ labels: { severity }, value: _count }))
    },
  })
  const { id: workspaceId } = await prisma.workspace.create({ data: { slug: 'a', name: 'A' } })
  await prisma.alert.createMany({
    data: [
      { workspaceId, title: 'a', severity: 'WARNING' },
      { workspaceId, title: 'b', severity: 'WARNING' },
      { workspaceId, title: 'c', severity: 'CRITICAL' },
    ],
  })
  expect(read).toBe(0)

  expect((await lines(registry, 'alerts_open')).toSorted()).toEqual([
    'alerts_open{severity="CRITICAL"} 1',
    'alerts_open{severity="WARNING"} 2',
  ])

  // What is in the result no more is in the scrape no more.
  await prisma.alert.deleteMany({ where: { severity: 'CRITICAL' } })
  expect(await lines(registry, 'alerts_open')).toEqual(['alerts_open{severity="WARNING"} 2'])
})

test('accepts a number, a bigint, a Decimal or null for a gauge without labels', async () => {
  const { prisma, metrics, registry } = await connect()
  let value: unknown = 1.5
  metrics.gauge({
    name: 'value',
    help: 'A value.',
    refreshSeconds: 0,
    read: () => value as number,
  })
  const seen = []
  const [{ decimal }] = await prisma.$queryRaw<
    [{ decimal: number }]
  >`SELECT 2.25::decimal AS decimal`
  for (value of [1.5, 3n, decimal, null, Number.NaN]) seen.push(await lines(registry, 'value'))

  expect(seen).toEqual([['value 1.5'], ['value 3'], ['value 2.25'], [], ['value Nan']])
})

test('converts label values to text', async () => {
  const { metrics, registry } = await connect()
  const labels: (string | number | boolean | null)[] = ['a"b', 3, true, null]
  metrics.gauge({
    name: 'kinds',
    help: 'Kinds.',
    labelNames: ['kind'],
    read: () => labels.map((kind) => ({ labels: { kind }, value: 1 })),
  })

  const wanted = [String.raw`"a\"b"`, '"3"', '"true"', '""']
  expect(await lines(registry, 'kinds')).toEqual(wanted.map((kind) => `kinds{kind=${kind}} 1`))
})

test('does not expose or read a removed gauge', async () => {
  const { metrics, registry } = await connect()
  let read = 0
  const off = metrics.gauge({
    name: 'reads',
    help: 'Reads.',
    refreshSeconds: 0,
    read: () => (read += 1),
  })

  expect(await lines(registry, 'reads')).toEqual(['reads 1'])
  off()
  off()
  expect(registry.getSingleMetric('reads')).toBeUndefined()
  expect(read).toBe(1)
})

test('runs a query that read() returns without awaiting it', async () => {
  const { prisma, metrics, registry } = await connect()
  metrics.gauge({ name: 'tags', help: 'Tags.', read: () => prisma.tag.count() })

  expect(await lines(registry, 'tags')).toEqual(['tags 0'])
})

test('reads once per refreshSeconds, and one reading at a time', async () => {
  const { metrics, registry } = await connect()
  let reading = 0
  let most = 0
  let read = 0
  metrics.gauge({
    name: 'slow',
    help: 'Slow.',
    refreshSeconds: 0.5,
    read: async () => {
      reading += 1
      read += 1
      most = Math.max(most, reading)
      await new Promise((resolve) => setTimeout(resolve, 100))
      reading -= 1
      return read
    },
  })

  const first = await Promise.all([1, 2, 3, 4].map(() => lines(registry, 'slow')))
  expect(first).toEqual([['slow 1'], ['slow 1'], ['slow 1'], ['slow 1']])
  expect(await lines(registry, 'slow')).toEqual(['slow 1'])
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(await lines(registry, 'slow')).toEqual(['slow 2'])
  expect({ read, most }).toEqual({ read: 2, most: 1 })
})

test('keeps the last value after a failed reading and reports the error', async () => {
  const { metrics, registry, errors } = await connect()
  let fails = false
  metrics.gauge({
    name: 'flaky',
    help: 'Flaky.',
    refreshSeconds: 0,
    read: () => {
      if (fails) throw new Error('no')
      return 7
    },
  })
  const success = async (): Promise<number> =>
    (await snapshot(registry)).value('prisma_reading_last_success_timestamp_seconds', {
      gauge: 'flaky',
    })

  expect(await lines(registry, 'flaky')).toEqual(['flaky 7'])
  expect((await snapshot(registry)).value('prisma_reading_errors_total', { gauge: 'flaky' })).toBe(
    0,
  )
  const before = await success()
  expect(before).toBeGreaterThan(Date.now() / 1000 - 5)
  fails = true
  expect(await lines(registry, 'flaky')).toEqual(['flaky 7'])

  expect(errors).toEqual([
    expect.objectContaining({
      message: 'prisma-prometheus: gauge "flaky": read() failed: no',
      code: 'PRISMA_PROMETHEUS_READING_FAILED',
      cause: new Error('no'),
    }),
  ])
  // Metrics of a scrape are collected side by side: this tells of the scrape before it.
  const now = await snapshot(registry)
  expect(now.value('prisma_reading_errors_total', { gauge: 'flaky' })).toBe(1)
  expect(now.value('prisma_instrumentation_errors_total')).toBe(0)
  fails = false
  await lines(registry, 'flaky')
  expect(await success()).toBeGreaterThan(before)
})

test('does not wait for a reading that hangs or start another one', async () => {
  const { metrics, registry, errors } = await connect()
  const { passed, open } = gate()
  let read = 0
  metrics.gauge({
    name: 'hanging',
    help: 'Hanging.',
    refreshSeconds: 0,
    timeoutSeconds: 0.1,
    read: async () => {
      read += 1
      if (read === 2) await passed
      return read
    },
  })

  expect(await lines(registry, 'hanging')).toEqual(['hanging 1'])
  const begun = performance.now()
  expect(await lines(registry, 'hanging')).toEqual(['hanging 1'])
  expect(await lines(registry, 'hanging')).toEqual(['hanging 1'])
  expect(performance.now() - begun).toBeLessThan(2000)
  expect(read).toBe(2)
  expect(errors).toEqual([
    expect.objectContaining({
      message: 'prisma-prometheus: gauge "hanging": expected read() to settle in 0.1 s',
    }),
  ])

  // Late is better than never.
  open()
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await lines(registry, 'hanging')).toEqual(['hanging 3'])
  expect(errors).toHaveLength(1)
})

test('accepts a timeout of any length', async () => {
  const { metrics, registry, errors } = await connect()
  for (const [name, timeoutSeconds] of Object.entries({ year: 31_536_000, ever: Infinity })) {
    const read = (): Promise<number> => new Promise((resolve) => setTimeout(resolve, 20, 7))
    metrics.gauge({ name, help: 'Patient.', timeoutSeconds, read })
    expect(await lines(registry, name)).toEqual([`${name} 7`])
  }
  expect(errors).toEqual([])
})

test('does not keep the process alive for a reading that hangs', async () => {
  const program = `
    import { Registry } from 'prom-client'
    import { prismaMetrics } from ${JSON.stringify(new URL('../../../src/index.ts', import.meta.url))}
    const registry = new Registry()
    const read = () => new Promise(() => console.log('reading'))
    prismaMetrics({ registry }).gauge({ name: 'hanging', help: 'Hanging.', timeoutSeconds: 600, read })
    void registry.metrics()`
  const node = ['--import', 'tsx', '--input-type=module', '--eval', program]

  const { stdout } = await promisify(execFile)(process.execPath, node, { timeout: 60_000 })

  expect(stdout).toBe('reading\n')
})

test('suppresses its queries, unless counted is set', async () => {
  const { prisma, metrics, registry } = await connect({
    migrations: false,
    slowOperation: { seconds: 0 },
  })
  const told: string[] = []
  metrics.on('Tag', ['count', 'findUnique'], ({ operation }) => told.push(operation))
  const read = async (): Promise<number> => {
    await prisma.tag.findUnique({ where: { id: 1 } })
    await prisma.$queryRaw`SELECT 1`
    return prisma.$transaction((tx) => tx.tag.count())
  }
  const remove = metrics.gauge({ name: 'tags', help: 'Tags.', refreshSeconds: 0, read })
  await prisma.tag.create({ data: { name: 'a' } })

  const before = await snapshot(registry)
  await metrics.scope('scrape', () => lines(registry, 'tags'))
  expect(await before.delta('prisma_operation_duration_seconds_count')).toBe(0)
  expect(await before.delta('prisma_statement_duration_seconds_count')).toBe(0)
  expect(await before.delta('prisma_transaction_duration_seconds_count')).toBe(0)
  expect(await before.delta('prisma_transaction_wait_seconds_count')).toBe(0)
  expect(await before.delta('prisma_slow_operations_total')).toBe(0)
  expect(await before.delta('prisma_scope_operations_sum')).toBe(0)
  expect(told).toEqual([])

  remove()
  metrics.gauge({ name: 'tags', help: 'Tags.', refreshSeconds: 60, counted: true, read })
  await lines(registry, 'tags')
  expect(await before.delta('prisma_operation_duration_seconds_count')).toBe(3)
  expect(await before.delta('prisma_statement_duration_seconds_count')).toBe(3)
  expect(await before.delta('prisma_transaction_duration_seconds_count')).toBe(1)
  expect(told).toEqual(['findUnique', 'count'])
})

test('does not count a failed reading as a failed statement of the application', async () => {
  const { prisma, metrics, registry } = await connect({ migrations: false })
  metrics.gauge({
    name: 'broken',
    help: 'Broken.',
    read: () => prisma.$queryRaw`SELECT 1 / 0` as never,
  })

  const before = await snapshot(registry)
  await lines(registry, 'broken')
  expect(await before.delta('prisma_reading_errors_total')).toBe(1)
  expect(await before.delta('prisma_statement_errors_total')).toBe(0)
})

test('counts queries that a reading leaves running', async () => {
  const { prisma, metrics, registry } = await connect({ migrations: false })
  const settled = gate()
  let later: Promise<unknown> | undefined
  metrics.gauge({
    name: 'tags',
    help: 'Tags.',
    read() {
      later ??= settled.passed.then(() => prisma.tag.create({ data: { name: 'a' } }))
      return 1
    },
  })
  const before = await snapshot(registry)
  await lines(registry, 'tags')
  settled.open()
  await later

  expect(await before.delta('prisma_operation_duration_seconds_count')).toBe(1)
})

test('does not suppress the queries of the application that run beside a reading', async () => {
  const { prisma, metrics, registry } = await connect({ migrations: false })
  metrics.gauge({ name: 'tags', help: 'Tags.', refreshSeconds: 0, read: () => prisma.tag.count() })

  const before = await snapshot(registry)
  await Promise.all([
    lines(registry, 'tags'),
    prisma.tag.count(),
    prisma.tag.create({ data: { name: 'a' } }),
    lines(registry, 'tags'),
  ])

  expect(await before.delta('prisma_operation_duration_seconds_count')).toBe(2)
  expect(await before.delta('prisma_statement_duration_seconds_count')).toBe(2)
})

test('drops and counts series beyond maxSeries', async () => {
  const { metrics, registry } = await connect({ maxSeries: 30 })
  metrics.gauge({
    name: 'wide',
    help: 'Wide.',
    labelNames: ['id'],
    refreshSeconds: 60,
    read: () => Array.from({ length: 100 }, (_, id) => ({ labels: { id }, value: id })),
  })

  expect(await lines(registry, 'wide')).toHaveLength(30)
  const now = await snapshot(registry)
  expect(now.value('prisma_series_dropped_total', { metric: 'wide' })).toBe(70)
})

test('reads the values again after registry.resetMetrics()', async () => {
  const { metrics, registry } = await connect()
  metrics.gauge({ name: 'kept', help: 'Kept.', refreshSeconds: 60, read: () => 5 })

  await lines(registry, 'kept')
  registry.resetMetrics()

  expect(await lines(registry, 'kept')).toEqual(['kept 5'])
})

test('reports invalid readings as errors', async () => {
  const { metrics, registry, errors } = await connect()
  const readings: unknown[] = [
    [{ labels: { severity: 'HIGH' }, value: 1 }],
    [{ labels: { kind: 'a', severity: 'HIGH' }, value: 1 }],
    [{ labels: { kind: 'a' }, value: '1' }],
    [
      { labels: { kind: 'a' }, value: 1 },
      { labels: { kind: 'a' }, value: 2 },
    ],
    ['a'],
    3,
    undefined,
  ]
  metrics.gauge({
    name: 'odd',
    help: 'Odd.',
    labelNames: ['kind'],
    refreshSeconds: 0,
    read: () => readings.shift() as never,
  })

  while (readings.length > 0) expect(await lines(registry, 'odd')).toEqual([])

  expect(errors.map((error) => (error as Error).message)).toMatchInlineSnapshot(`
    [
      "prisma-prometheus: gauge "odd": read() failed: prisma-prometheus: gauge "odd": read(): expected a value for the label kind, got an object with the keys severity",
      "prisma-prometheus: gauge "odd": read() failed: prisma-prometheus: gauge "odd": read(): expected only the labels of labelNames, got "severity"",
      "prisma-prometheus: gauge "odd": read() failed: prisma-prometheus: gauge "odd": read(): expected a number, a bigint, a Decimal or null, got "1"",
      "prisma-prometheus: gauge "odd": read() failed: prisma-prometheus: gauge "odd": read(): expected one value for ["a"], got "two"",
      "prisma-prometheus: gauge "odd": read() failed: prisma-prometheus: gauge "odd": read(): expected an array of { labels, value }, got "a"",
      "prisma-prometheus: gauge "odd": read() failed: prisma-prometheus: gauge "odd": read(): expected an array of { labels, value }, got 3",
      "prisma-prometheus: gauge "odd": read() failed: prisma-prometheus: gauge "odd": read(): expected an array of { labels, value }, got undefined",
    ]
  `)
})

test('accepts a free name, and the name of the same gauge before a reload', async () => {
  const { metrics, registry } = await connect()
  const gauge = { name: 'tags', help: 'Tags.', read: () => 1 }
  metrics.gauge(gauge)
  prismaMetrics({ registry }).gauge({ ...gauge, read: () => 2 })
  expect(await lines(registry, 'tags')).toEqual(['tags 2'])
  expect(() => metrics.gauge({ ...gauge, labelNames: ['kind'], read: () => [] })).toThrow(
    'metric "tags" is registered already: expected a gauge with labels (none), got a gauge with labels kind; choose another name or registry',
  )
  expect(await lines(registry, 'tags')).toEqual(['tags 2'])

  expect(() => prismaMetrics({ registry, client: 'other' }).gauge(gauge)).toThrow(
    'prisma-prometheus: gauge "tags": expected a name that is free in the registry, got one that is taken by client "default"',
  )
  registry.registerMetric(new Gauge({ name: 'theirs', help: 'Theirs.', registers: [] }))
  expect(() => metrics.gauge({ ...gauge, name: 'theirs' })).toThrow('taken by another metric')
  expect(() => metrics.gauge({ ...gauge, name: 'prisma_migrations' })).toThrow('another metric')
})

test('rejects invalid definitions', async () => {
  const { metrics } = await connect()
  const gauge = { name: 'tags', help: 'Tags.', read: () => 1 }
  const refused = (change: object): void => {
    metrics.gauge({ ...gauge, ...change })
  }

  expect(() => refused({ name: 'open alerts' })).toThrow('gauge name: expected a metric name')
  expect(() => refused({ help: '' })).toThrow('gauge "tags": help: expected a string')
  expect(() => refused({ labelNames: ['a', 'a'] })).toThrow('gauge "tags": labelNames: expected')
  expect(() => refused({ refreshSeconds: -1 })).toThrow('refreshSeconds: expected a number')
  expect(() => refused({ timeoutSeconds: 0 })).toThrow('timeoutSeconds: expected a number')
  expect(() => refused({ counted: 'no' })).toThrow('gauge "tags": counted: expected a boolean')
  expect(() => refused({ read: 1 })).toThrow('gauge "tags": read: expected a function, got 1')
  expect(() => refused({ refresh: 1 })).toThrow('expected only name, help, labelNames')
})
