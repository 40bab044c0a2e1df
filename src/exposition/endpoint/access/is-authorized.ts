import { isThenable } from '../../../metrics/error-reporter.ts'

/** Whether the user's function lets the request in, within `seconds`. */
export async function isAuthorized<Request>(
  authorize: ((request: Request) => unknown) | undefined,
  request: { readonly original: Request; readonly signal: AbortSignal },
  seconds: number,
  report: (error: unknown) => void,
): Promise<boolean | 'aborted' | 'late'> {
  if (authorize === undefined) return true
  try {
    // Plain JavaScript may return anything; only `true` lets the request in.
    const returned: unknown = authorize(request.original)
    if (!isThenable(returned)) return returned === true
    const answer = await within(Promise.resolve(returned), seconds, request.signal)
    return answer === 'aborted' || answer === 'late' ? answer : answer.value === true
  } catch (error) {
    report(error)
    return false
  }
}

/**
 * The promise's value, unless the time ends or the signal aborts first. A later rejection is ignored.
 *
 * @param seconds no limit if undefined
 */
export function within<T>(
  promise: Promise<T>,
  seconds: number | undefined,
  signal: AbortSignal,
): Promise<{ readonly value: T } | 'aborted' | 'late'> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: { readonly value: T } | 'aborted' | 'late'): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    const onAbort = (): void => settle('aborted')
    const timer =
      seconds === undefined ? undefined : setTimeout(() => settle('late'), seconds * 1000)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    promise.then(
      (value) => settle({ value }),
      (error: unknown) => {
        reject(error)
        settle('late')
      },
    )
  })
}
