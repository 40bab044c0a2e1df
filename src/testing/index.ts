export {
  expectNoNPlusOne,
  expectOperations,
  type NPlusOneExpectationOptions,
  type OperationsExpectation,
} from './expect-operations.ts'
export { metricMatchers, type MetricMatchers } from './matchers.ts'
export type { CaptureOptions as ProbeOptions } from './capture-operations.ts'
export {
  type Change,
  type Labels,
  type MetricsSnapshot,
  type ReadableRegistry,
  snapshot,
} from './snapshot.ts'
