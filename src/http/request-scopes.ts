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
 * @returns undefined if the registries have no instrumentation
 */
export function openRequestScope(registries: readonly object[]): RequestScope | undefined {
  const trackers = registries.flatMap(trackersOf)
  if (trackers.length === 0) return undefined
  const scopes = trackers.map((tracker) => tracker.open())
  return {
    run: (fn) => runInside(scopes, fn),
    end(name, succeeded) {
      for (const scope of scopes) {
        if (scopes.length === 1 || scope.used) scope.end(name, succeeded)
      }
    },
  }
}
