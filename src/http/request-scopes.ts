import { OpenRequest, trackerCount, trackersOf } from '../metrics/scope-trackers.ts'

/** The scopes of one request. */
export interface RequestScope {
  /** Runs `fn`, and everything that follows from it, inside the scopes. */
  run<R>(fn: () => R): R
  /** Ends the scopes under a name that is known only now, since the route is matched later. */
  end(name: string, succeeded: boolean, isStream: boolean): void
}

/**
 * Opens a scope for a request in the instrumentation of the registries. With several, only those that the
 * request uses open one: every route times every client would be meaningless series.
 *
 * @param name the name that the request has now
 * @returns undefined if the registries have no instrumentation
 */
export function openRequestScope(
  registries: readonly object[],
  name: () => string,
): RequestScope | undefined {
  const trackers = registries.reduce((count, registry) => count + trackerCount(registry), 0)
  if (trackers === 0) return undefined
  const request = new OpenRequest(registries, name, trackers === 1)
  if (trackers === 1) for (const tracker of registries.flatMap(trackersOf)) tracker.open(request)
  return request
}
