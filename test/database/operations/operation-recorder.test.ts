import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { context, trace } from '@opentelemetry/api'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { bucketBounds } from '../../../src/metrics/catalogue.ts'
import { Counter } from '../../../src/metrics/counter.ts'
import { ErrorReporter } from '../../../src/metrics/error-reporter.ts'
import { createInstruments } from '../../../src/metrics/instruments.ts'
import {
  OperationRecorder,
  type OperationRecorderOptions,
} from '../../../src/database/operations/operation-recorder.ts'
import { snapshot } from '../../../src/testing/index.ts'

const observer = {
  started: () => undefined,
  resumed: () => {},
  refusal: () => undefined,
  succeeded: () => {},
  failed: () => {},
}

function create(options: Partial<OperationRecorderOptions> = {}) {
  const registry = new Registry()
  const { instruments } = createInstruments({
    client: 'default',
    registry,
    prefix: 'prisma_',
    buckets: bucketBounds.duration,
    maxSeries: options.maxSeries ?? 100,
  })
  const errors: unknown[] = []
  const observed: string[] = []
  const settled: number[] = []
  const recorder = new OperationRecorder({
    instruments,
    errorReporter: new ErrorReporter(new Counter([]), (error) => errors.push(error)),
    maxSeries: 100,
    observe: (model, operation) => {
      observed.push(`${model}.${operation}`)
      return observer
    },
    errorCode: () => 'P2002',
    written: () => undefined,
    onSettled: (seconds) => settled.push(seconds),
    ...options,
  })
  return {
    recorder,
    instruments,
    errors,
    observed,
    settled,
    value: async (name: string, labels?: Record<string, string>) =>
      (await snapshot(registry)).value(name, labels),
  }
}

test('makes the series of a model and operation once', () => {
  const { recorder, observed } = create()
  const series = recorder.seriesOf('User', 'create')
  expect(recorder.seriesOf('User', 'create')).toBe(series)
  expect(series).toMatchObject({ model: 'User', operation: 'create', rows: undefined })
  expect(recorder.seriesOf('User', 'update')).not.toBe(series)
  expect(recorder.seriesOf('Post', 'create')).not.toBe(series)
  expect(recorder.seriesOf(undefined, '$queryRaw').model).toBe('$raw')
  expect(recorder.seriesOf(undefined, '$queryRaw')).toBe(recorder.seriesOf('$raw', '$queryRaw'))
  expect(observed).toEqual(['User.create', 'User.update', 'Post.create', '$raw.$queryRaw'])
})

test('keeps no more than maxSeries series', () => {
  const { recorder } = create({ maxSeries: 2 })
  const kept = [recorder.seriesOf('A', 'a'), recorder.seriesOf('A', 'b')]
  expect([recorder.seriesOf('A', 'a'), recorder.seriesOf('A', 'b')]).toEqual(kept)
  expect(recorder.seriesOf('A', 'a')).toBe(kept[0])
  expect(recorder.seriesOf('A', 'b')).toBe(kept[1])
  expect(recorder.seriesOf('A', 'c')).not.toBe(recorder.seriesOf('A', 'c'))
  expect(recorder.seriesOf('B', 'a')).not.toBe(recorder.seriesOf('B', 'a'))
})

test('records the seconds of an operation, and the rows of a list', async () => {
  const { recorder, settled, value, errors } = create()
  const labels = { model: 'User', operation: 'findMany' }
  const series = recorder.seriesOf('User', 'findMany')
  recorder.succeeded(series, 0.25, { id: 1 })
  expect(series.rows).toBeUndefined()
  recorder.succeeded(series, 0.5, [{ id: 1 }, { id: 2 }])
  const { rows } = series
  recorder.succeeded(series, 0.5, [])
  expect(series.rows).toBe(rows)
  expect(await value('prisma_operation_duration_seconds_sum', labels)).toBe(1.25)
  expect(await value('prisma_operation_rows_count', labels)).toBe(2)
  expect(await value('prisma_operation_rows_sum', labels)).toBe(2)
  expect(settled).toEqual([0.25, 0.5, 0.5])
  expect(errors).toEqual([])
})

test('records a failure under its code, and its seconds', async () => {
  const { recorder, settled, value } = create()
  const labels = { model: 'User', operation: 'create' }
  const series = recorder.seriesOf('User', 'create')
  expect(recorder.failed(series, 2, new Error('duplicate'))).toBe('P2002')
  expect(await value('prisma_operation_errors_total', { ...labels, code: 'P2002' })).toBe(1)
  expect(await value('prisma_operation_duration_seconds_sum', labels)).toBe(2)
  expect([...(series.duration.outcomes?.keys() ?? [])]).toContain('P2002')
  expect(settled).toEqual([2])
})

test('records a failure in $other beyond maxSeries, and returns its own code', () => {
  const codes = ['P1001', 'P1002', 'P1003']
  const { recorder } = create({ maxSeries: 2, errorCode: (error) => String(error) })
  const series = recorder.seriesOf('User', 'create')
  expect(codes.map((code) => recorder.failed(series, 1, code))).toEqual(codes)
  expect([...(series.duration.outcomes?.keys() ?? [])]).toContain('$other')
})

test('reports an error code or a callback that fails, and records the operation', async () => {
  const failure = new Error('errorCode')
  const thrower = (): never => {
    throw failure
  }
  const { recorder, errors, value } = create({ errorCode: thrower, onSettled: thrower })
  const series = recorder.seriesOf('User', 'create')
  expect(recorder.failed(series, 1, new Error('x'))).toBe('unknown')
  recorder.succeeded(series, 1, [1])
  expect(errors).toEqual([failure, failure, failure])
  expect(await value('prisma_operation_errors_total', { code: 'unknown' })).toBe(1)
  expect(await value('prisma_operation_duration_seconds_count')).toBe(2)
})

test('records the seconds of a failure although its error cannot be counted', async () => {
  const { recorder, instruments, errors, value } = create()
  const series = recorder.seriesOf('User', 'create')
  const failure = new Error('registry')
  Object.defineProperty(instruments.operationErrors, 'with', {
    value: () => {
      throw failure
    },
  })
  expect(recorder.failed(series, 3, new Error('x'))).toBe('P2002')
  expect(errors).toEqual([failure])
  expect(await value('prisma_operation_duration_seconds_sum')).toBe(3)
})

test('works without a callback', () => {
  const { recorder, errors } = create({ onSettled: undefined })
  recorder.succeeded(recorder.seriesOf('User', 'create'), 1, {})
  expect(errors).toEqual([])
})

test('counts operations in flight in one series', async () => {
  const { recorder, value } = create()
  recorder.inFlight.inc()
  expect(await value('prisma_operations_in_flight')).toBe(1)
})

test('adds the active trace as an exemplar', () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  onTestFinished(() => context.disable())
  const { recorder } = create()
  const series = recorder.seriesOf('User', 'create')
  recorder.succeeded(series, 0.2, {})
  expect((series.duration.exemplars ?? []).filter(Boolean)).toEqual([])
  const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
  const before = Date.now() / 1000
  context.with(trace.setSpanContext(context.active(), spanContext), () =>
    recorder.succeeded(series, 0.2, {}),
  )
  const exemplar = series.duration.exemplars?.find(Boolean)
  expect(exemplar).toMatchObject({
    labelSet: { trace_id: spanContext.traceId, span_id: spanContext.spanId },
    value: 0.2,
  })
  expect(exemplar?.timestamp).toBeGreaterThanOrEqual(before)
  expect(exemplar?.timestamp).toBeLessThanOrEqual(Date.now() / 1000)
})
