import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import { codedError } from '../../support/coded-error.ts'
import { processState } from '../../support/process-state.ts'
import type { MetricFamily } from '../collect/metric-family.ts'
import type { ExposableRegistry } from '../collect/registry.ts'
import { clusterPrimary, clusterWorker } from './cluster-transport.ts'
import type { ProcessFamilies } from './deadline.ts'
import { Primary, type ReportProblem } from './primary.ts'
import { mainThreadPrimary, threadWorker } from './thread-transport.ts'
import { Worker } from './worker.ts'

/** The processes or threads to add: those of `node:cluster`, or the threads of this process. */
export type WorkersKind = 'cluster' | 'threads'

/** Access to the sum over all workers. */
export interface Workers {
  sum(seconds: number): Promise<MetricFamily[]>
}

interface Joined {
  readonly kind: WorkersKind
  readonly registries: readonly ExposableRegistry[]
  readonly workers: Workers
}

const state = processState('workers', 1, (): { joined: Joined | undefined } => ({
  joined: undefined,
}))

/**
 * Joins this process, or this thread, to the others, once for all copies of this package in it.
 *
 * @throws {Error} if it has joined them with other registries: the primary could not distinguish them.
 */
export function joinWorkers(
  kind: WorkersKind,
  registries: readonly ExposableRegistry[],
  own: ProcessFamilies,
  report: ReportProblem,
): Workers {
  const { joined } = state
  if (joined === undefined) {
    const workers = start(kind, own, report)
    state.joined = { kind, registries, workers }
    return workers
  }
  const isSame =
    joined.kind === kind &&
    joined.registries.length === registries.length &&
    joined.registries.every((registry, index) => registry === registries[index])
  if (!isSame) {
    throw codedError(
      'PRISMA_PROMETHEUS_WORKERS_ALREADY_JOINED',
      'prisma-prometheus: workers: expected all endpoints of this process to add the same registries, got an endpoint with others',
    )
  }
  return joined.workers
}

function start(kind: WorkersKind, own: ProcessFamilies, report: ReportProblem): Workers {
  if (kind === 'cluster') {
    return cluster.isPrimary
      ? new Primary(clusterPrimary, own, report)
      : new Worker(clusterWorker, own, report)
  }
  return isMainThread
    ? new Primary(mainThreadPrimary, own, report)
    : new Worker(threadWorker, own, report)
}
