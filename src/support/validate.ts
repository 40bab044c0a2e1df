import { codedError } from './coded-error.ts'

/** Checks of what a user passes in. Errors name the subject, what was expected and what came. */

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** @throws {TypeError} where `holds` is false. */
export function expectThat(
  subject: string,
  holds: boolean,
  expected: string,
  got: unknown,
): asserts holds {
  if (!holds) {
    throw codedError(
      'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
      `prisma-prometheus: ${subject}: expected ${expected}, got ${show(got)}`,
    )
  }
}

/** Whether every reader of the formats knows the name: UTF-8 names came later. */
export function isMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
}

/** @throws {TypeError} where no metric's name can start with `prefix`. */
export function expectPrefix(prefix: unknown): asserts prefix is string {
  expectThat(
    'prefix',
    typeof prefix === 'string' && isMetricName(prefix),
    'the start of a metric name: letters, digits and underscores, no digit first',
    prefix,
  )
}

/** @throws {TypeError} for a key of `given` that `known` does not have. */
export function expectKnownKeys(
  subject: string,
  given: object,
  known: Readonly<Record<string, true>>,
): void {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(known, key)) {
      throw codedError(
        'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
        `prisma-prometheus: ${subject}: expected only ${Object.keys(known).join(', ')}, got "${key}"`,
      )
    }
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (isObject(value)) return `an object with the keys ${Object.keys(value).join(', ') || '(none)'}`
  return typeof value === 'function' ? 'a function' : String(value)
}
