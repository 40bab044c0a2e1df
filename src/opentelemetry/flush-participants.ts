import { AsyncLocalStorage } from 'node:async_hooks'
import { processState } from '../support/process-state.ts'
import type { ExportErrors } from './export-errors.ts'

const flushing = processState('flushes', 1, () => new AsyncLocalStorage<Set<ExportErrors>>())

/** Runs `fn`, and adds the error counters of the producers that it collects to `participants`. */
export function collectParticipants<R>(participants: Set<ExportErrors>, fn: () => R): R {
  return flushing.run(participants, fn)
}

/** Makes a producer's error counters known to the flush that collects it. */
export function joinFlush(errors: ExportErrors): void {
  flushing.getStore()?.add(errors)
}
