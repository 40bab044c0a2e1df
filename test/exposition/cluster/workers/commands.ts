/** What a test sends to the primary (or main thread) of `commanded.ts`. Every command is answered. */
export type Command =
  | { readonly kind: 'start'; readonly worker: number; readonly startedBy?: number }
  /** Counts visits of these seconds. */
  | { readonly kind: 'count'; readonly worker: number; readonly seconds: readonly number[] }
  /** Counts and ends, without time in between; answered when the worker has ended. */
  | {
      readonly kind: 'end'
      readonly worker: number
      readonly seconds: readonly number[]
      readonly way: WayToEnd
    }
  /** Serves metrics in the primary; answered with the port. */
  | { readonly kind: 'serve' }

/** All run JavaScript in the worker, which must therefore lose nothing. */
export const gracefulWays = {
  cluster: [
    'process.exit()',
    'throw',
    'SIGTERM, handled by process.exit()',
    'process.disconnect()',
    'cluster.worker.disconnect()',
    'cluster.worker.kill()',
    'worker.disconnect() in the primary',
  ],
  threads: ['process.exit()', 'throw', 'nothing left to do'],
} as const

/** None runs JavaScript in the worker: it keeps what it has reported. */
export const abruptWays = {
  cluster: ['SIGKILL', 'worker.kill() in the primary'],
  threads: ['worker.terminate()'],
} as const

export type Kind = keyof typeof gracefulWays

export type WayToEnd = (typeof gracefulWays)[Kind][number] | (typeof abruptWays)[Kind][number]
