import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import type { FamilyData } from '../collect/metric-family.ts'
import { clusterHub, clusterMember } from './cluster-transport.ts'
import { Hub } from './primary.ts'
import type { Local } from './local.ts'
import { Member } from './worker.ts'
import { threadHub, threadMember } from './thread-transport.ts'
import { codedError } from '../../support/coded-error.ts'

/** Whose families are added up: the processes of `node:cluster`, or the threads of this process. */
export type WorkersKind = 'cluster' | 'threads'

/** The way to the sum over all workers. */
export interface Workers {
  sum(seconds: number): Promise<FamilyData[]>
}

let hasJoined = false

/**
 * Joins this process, or this thread, to the others.
 *
 * @throws {Error} where it has joined them already: the others could not tell the two apart.
 */
export function joinWorkers(
  kind: WorkersKind,
  local: Local,
  onSilence: (worker: string, seconds: number) => void,
): Workers {
  if (hasJoined) {
    throw codedError(
      'PRISMA_PROMETHEUS_WORKERS_ALREADY_JOINED',
      'prisma-prometheus: workers: expected one registry (or one array of them) in this process to be added up with those of the others, got a second one',
    )
  }
  hasJoined = true
  if (kind === 'cluster') {
    return cluster.isPrimary
      ? new Hub(clusterHub, local, onSilence)
      : new Member(clusterMember, local)
  }
  return isMainThread ? new Hub(threadHub, local, onSilence) : new Member(threadMember, local)
}
