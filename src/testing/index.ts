export {
  expectNoNPlusOne,
  expectOperations,
  type NPlusOneExpectationOptions,
  type OperationsExpectation,
} from './expect-operations.ts'
export { metricMatchers, type MetricMatchers } from './matchers.ts'
export type { ProbeOptions } from './probe.ts'
export {
  type Change,
  type Labels,
  type MetricsSnapshot,
  type ReadableRegistry,
  snapshot,
} from './snapshot.ts'
