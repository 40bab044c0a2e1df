import { codedError } from './coded-error.ts'

/** Checks of user input. Errors name the subject, the expectation and the value. */

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** @throws {TypeError} if `holds` is false. */
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

/**
 * @param least the lowest accepted number; without it, every number greater than 0
 * @throws {TypeError} if `value` is not such a number.
 */
export function expectSeconds(
  subject: string,
  value: unknown,
  least?: number,
): asserts value is number {
  const holds = typeof value === 'number' && (least === undefined ? value > 0 : value >= least)
  const range = least === undefined ? 'greater than 0' : `of at least ${least}`
  expectThat(subject, holds, `a number of seconds ${range}`, value)
}

/** Whether the name is a metric name of the original character set, which every reader accepts. */
export function isMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
}

/** @throws {TypeError} if no metric name can start with `prefix`. */
export function expectPrefix(
  prefix: unknown,
  subject: string = 'prefix',
): asserts prefix is string {
  expectThat(
    subject,
    typeof prefix === 'string' && isMetricName(prefix),
    'the start of a metric name: letters, digits and underscores, no digit first',
    prefix,
  )
}

/** @throws {TypeError} if `bounds` cannot be the upper bounds of a histogram's buckets. */
export function expectBuckets(subject: string, bounds: unknown): asserts bounds is number[] {
  expectThat(
    subject,
    Array.isArray(bounds) &&
      bounds.length > 0 &&
      bounds.every(
        (bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]),
      ),
    'an array of finite numbers of seconds, each greater than the one before',
    bounds,
  )
}

/**
 * Copies an object's own and inherited properties, except those of `Object.prototype`. Each is read
 * once, so class instances, getters and objects with a prototype are read like literals.
 */
export function propertiesOf(object: object): Record<string, unknown> {
  const properties: Record<string, unknown> = Object.create(null)
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    if (isObjectPrototype(at)) break
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name === 'constructor' && at !== object) continue
      if (!(name in properties)) properties[name] = Reflect.get(object, name)
    }
  }
  return properties
}

/** `Object.prototype`, of this realm or another (`node:vm`, jest). */
function isObjectPrototype(object: object): boolean {
  return Object.getPrototypeOf(object) === null && Object.hasOwn(object, 'isPrototypeOf')
}

/**
 * Reads an options object. The result has exactly its properties, own or inherited.
 *
 * @throws {TypeError} if `given` is not an object or has a property that is not in `known`.
 */
export function readOptions<T extends object>(
  subject: string,
  given: T,
  known: Readonly<Record<keyof T, true>>,
  expected = 'an object',
): Partial<T> {
  expectThat(subject, isObject(given), expected, given)
  const options = propertiesOf(given)
  for (const name in options) {
    if (!Object.hasOwn(known, name)) {
      throw codedError(
        'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
        `prisma-prometheus: ${subject}: expected only ${Object.keys(known).join(', ')}, got "${name}"`,
      )
    }
  }
  return options as Partial<T>
}

/**
 * Reads an object with property names of the user, own or inherited.
 *
 * @throws {TypeError} if `given` is not an object or has a value that is not a string.
 */
export function readStrings(
  subject: string,
  given: object,
  expected: string,
): Record<string, string> {
  expectThat(subject, isObject(given), expected, given)
  const strings: Record<string, string> = {}
  for (const [name, value] of Object.entries(propertiesOf(given))) {
    expectThat(subject, typeof value === 'string', expected, given)
    Object.defineProperty(strings, name, { value, enumerable: true })
  }
  return strings
}

/** The value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (isObject(value)) return `an object with the keys ${Object.keys(value).join(', ') || '(none)'}`
  return typeof value === 'function' ? 'a function' : String(value)
}
