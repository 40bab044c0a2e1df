import { setTimeout as sleep } from 'node:timers/promises'
import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api'
import {
  InMemoryMetricExporter,
  MetricReader,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { Registry } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { flush } from '../../src/opentelemetry/index.ts'
import { exporting } from './exporting.ts'
import { accept, hang, refuse } from './otlp/receiver.ts'
import { ownMetrics } from './registry.ts'

async function subjectOf(options: Parameters<typeof exporting>[0] = {}) {
  const registry = new Registry()
  const { orders } = ownMetrics(registry)
  const subject = await exporting({ registry, ...options })
  const errors = async (): Promise<string> =>
    registry.getSingleMetricAsString('prisma_opentelemetry_errors_total')
  return { ...subject, orders, errors }
}

test('a flush before the first interval is one export of the current value', async () => {
  await using subject = await subjectOf()
  subject.orders.inc({ country: 'FR' }, 7)
  await subject.flush()
  expect(subject.receiver.requests).toHaveLength(1)
  expect(subject.receiver.ledger.total('orders').value).toBe(7)
  expect(subject.receiver.open).toBe(0)
})

test('two flushes send the same start and the same value', async () => {
  await using subject = await subjectOf()
  const { ledger } = subject.receiver
  subject.orders.inc({ country: 'FR' }, 7)
  await subject.flush()
  const [first] = ledger.points('orders')
  await subject.flush()
  const [second] = ledger.points('orders')
  expect(second).toMatchObject({ start: first?.start, value: first?.value })
  expect(ledger.violations).toEqual([])
})

test('a flush waits for a running export and then exports what came since', async () => {
  await using subject = await subjectOf({ interval: 300 })
  const { receiver } = subject
  receiver.manner = async () => {
    await sleep(200)
    return 200
  }
  while (receiver.open === 0) await sleep(5)
  subject.orders.inc({ country: 'FR' }, 3)
  await subject.flush()
  expect(receiver.ledger.total('orders').value).toBe(3)
  expect(receiver.ledger.violations).toEqual([])
})

test('concurrent flushes all resolve, with everything exported', async () => {
  await using subject = await subjectOf()
  subject.orders.inc({ country: 'FR' }, 3)
  await Promise.all([subject.flush(), subject.flush(), subject.flush()])
  expect(subject.receiver.ledger.total('orders').value).toBe(3)
  expect(subject.receiver.ledger.violations).toEqual([])
})

test('a refused export rejects the flush, is counted, and the next flush catches up', async () => {
  await using subject = await subjectOf()
  subject.receiver.manner = refuse
  subject.orders.inc({ country: 'FR' }, 3)
  await expect(subject.flush()).rejects.toThrow('flush: the export failed')
  expect(await subject.errors()).toContain('{stage="flush"} 1')
  subject.receiver.manner = accept
  await subject.flush()
  expect(subject.receiver.ledger.total('orders').value).toBe(3)
})

test('a flush of a second copy of the package counts its failure and wraps nothing again', async () => {
  await using subject = await subjectOf()
  await subject.flush()
  const { reader } = subject
  const { collect } = reader
  vi.resetModules()
  const second = await import('../../src/opentelemetry/index.ts')
  expect(second.flush).not.toBe(flush)
  subject.receiver.manner = refuse
  await expect(second.flush(reader)).rejects.toThrow('flush: the export failed')
  expect(await subject.errors()).toContain('{stage="flush"} 1')
  expect(reader.collect).toBe(collect)
})

test('a receiver that hangs costs the flush its own time and no more', async () => {
  await using subject = await subjectOf({ timeout: 60_000 })
  subject.receiver.manner = hang
  const started = performance.now()
  await expect(subject.flush({ timeoutSeconds: 0.3 })).rejects.toThrow(
    'flush: expected the export to end in 0.3 s, it did not',
  )
  expect(performance.now() - started).toBeLessThan(1000)
  expect(await subject.errors()).toContain('{stage="flush"} 1')
})

test('an export that is over its own time rejects the flush', async () => {
  await using subject = await subjectOf({ timeout: 100 })
  subject.receiver.manner = hang
  await expect(subject.flush({ timeoutSeconds: 5 })).rejects.toThrow('flush: the export failed')
})

test('a reader that is shut down or bound to no provider rejects the flush', async () => {
  await using subject = await subjectOf()
  await subject.provider.shutdown()
  await expect(subject.flush()).rejects.toThrow('the reader is shut down or has no MeterProvider')
  const exporter = new InMemoryMetricExporter(1)
  const unbound = new PeriodicExportingMetricReader({ exporter })
  await expect(flush(unbound)).rejects.toThrow(
    'flush: the export failed: MetricReader is not bound',
  )
})

test('a reader without an exporter, and a wrong option, are refused', async () => {
  class Pull extends MetricReader {
    protected override async onForceFlush(): Promise<void> {}
    protected override async onShutdown(): Promise<void> {}
  }
  await expect(flush(new Pull())).rejects.toThrow(
    'flush(reader): the reader: expected a PeriodicExportingMetricReader',
  )
  await using subject = await subjectOf()
  await expect(subject.flush({ timeoutSeconds: 0 })).rejects.toThrow('timeoutSeconds: expected')
  await expect(subject.flush({ timeout: 1 } as never)).rejects.toThrow(
    'options: expected only timeoutSeconds, got "timeout"',
  )
})

test('the error of a receiver that is down is reported by the flush, and by nothing else of ours', async () => {
  const said: string[] = []
  const log = (text: string): void => void said.push(text)
  diag.setLogger({ error: log, warn: log, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN)
  await using subject = await subjectOf()
  subject.receiver.manner = refuse
  await expect(subject.flush()).rejects.toThrow('flush: the export failed')
  diag.disable()
  expect(said.filter((text) => text.startsWith('prisma-prometheus'))).toEqual([])
})

test('a flush sets no global of OpenTelemetry', async () => {
  await using subject = await subjectOf()
  await subject.flush()
  expect(trace.getTracerProvider().constructor.name).toBe('ProxyTracerProvider')
  expect(context.active().getValue(Symbol.for('x'))).toBeUndefined()
  expect(propagation.fields()).toEqual([])
})
