import { runInside, trackersOf } from '../metrics/scope-trackers.ts'

/** The scopes of one request. */
export interface RequestScope {
  /** Runs `fn`, and everything that follows from it, inside the scopes. */
  run<R>(fn: () => R): R
  /** Ends the scopes under a name that is known only now, since the route is matched later. */
  end(name: string, succeeded: boolean): void
}

/**
 * Opens a scope for a request in each instrumentation of the registries. With several, only those that
 * the request has used record it: every route times every client would be meaningless series.
 *
 * @param name the name that the request has now
 * @returns undefined if the registries have no instrumentation
 */
export function openRequestScope(
  registries: readonly object[],
  name: () => string,
): RequestScope | undefined {
  const trackers = registries.flatMap(trackersOf)
  if (trackers.length === 0) return undefined
  const only = trackers.length === 1
  const scopes = trackers.map((tracker) =>
    tracker.open((used) => (only || used ? name() : undefined)),
  )
  return {
    run: (fn) => runInside(scopes, fn),
    end(ended, succeeded) {
      for (const scope of scopes) {
        if (only || scope.used) scope.end(ended, succeeded)
        else scope.abandon()
      }
    },
  }
}
