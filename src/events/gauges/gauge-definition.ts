import { longestTimer } from '../../support/timer.ts'
import {
  expectSeconds,
  expectThat,
  isMetricName,
  isObject,
  propertiesOf,
  readOptions,
} from '../../support/validate.ts'

/** A number as a query returns it. `null` (the average of no rows) creates no series. */
export type GaugeValue = number | bigint | { toNumber(): number } | null

export interface GaugeReading<L extends string = string> {
  /** A value for each of `labelNames`; `null` is the empty label. */
  readonly labels: Readonly<Record<L, string | number | boolean | null>>
  readonly value: GaugeValue
}

/** The result of `read` for a gauge with these labels. */
export type GaugeReadings<L extends string> = [L] extends [never]
  ? GaugeValue
  : readonly GaugeReading<L>[]

/** A gauge whose value is a query. */
export interface GaugeDefinition<L extends string = never> {
  /** The metric's exposed name; the `prefix` option is not added. */
  readonly name: string
  readonly help: string
  /** @default [] */
  readonly labelNames?: readonly L[]
  /**
   * Minimum age of a reading before a scrape reads again, in seconds.
   * @default 15
   */
  readonly refreshSeconds?: number
  /**
   * Longest time that a scrape waits for a reading, in seconds. After it, the scrape serves the last
   * reading. A late reading is applied when it arrives; no other one starts before that.
   * @default 5
   */
  readonly timeoutSeconds?: number
  /**
   * Counts the queries of `read` in this package's metrics.
   * @default false
   */
  readonly counted?: boolean
  /**
   * Reads the value: a number for a gauge without labels, otherwise one entry per series. Series missing
   * from the result are removed. It must not write: its rows would not be counted.
   */
  readonly read: () => GaugeReadings<L> | PromiseLike<GaugeReadings<L>>
}

export interface ResolvedGaugeDefinition {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly refreshSeconds: number
  readonly timeoutSeconds: number
  readonly counted: boolean
  readonly read: () => unknown
}

const known: Readonly<Record<keyof GaugeDefinition, true>> = {
  name: true,
  help: true,
  labelNames: true,
  refreshSeconds: true,
  timeoutSeconds: true,
  counted: true,
  read: true,
}

/** @throws {TypeError} that names the field, the expectation and the value. */
export function resolveGaugeDefinition<L extends string>(
  definition: GaugeDefinition<L>,
): ResolvedGaugeDefinition {
  const {
    name,
    help,
    labelNames = [],
    refreshSeconds = 15,
    timeoutSeconds = 5,
    counted = false,
    read,
  } = readOptions('metrics.gauge(definition)', definition, known)
  expectThat(
    'gauge name',
    typeof name === 'string' && isMetricName(name),
    'a metric name: letters, digits and underscores, no digit first',
    name,
  )
  const subject = (field: string): string => `gauge "${name}": ${field}`
  expectThat(
    subject('help'),
    typeof help === 'string' && help !== '',
    'a string that is not empty',
    help,
  )
  expectThat(
    subject('labelNames'),
    Array.isArray(labelNames) &&
      labelNames.every((label) => /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(String(label))) &&
      new Set(labelNames).size === labelNames.length,
    'an array of different label names: letters, digits and underscores, no digit or __ first',
    labelNames,
  )
  expectSeconds(subject('refreshSeconds'), refreshSeconds, 0)
  expectSeconds(subject('timeoutSeconds'), timeoutSeconds)
  expectThat(subject('counted'), typeof counted === 'boolean', 'a boolean', counted)
  expectThat(subject('read'), typeof read === 'function', 'a function', read)
  return {
    name,
    help,
    labelNames,
    refreshSeconds,
    timeoutSeconds: Math.min(timeoutSeconds, longestTimer),
    counted,
    read,
  }
}

/** One series of a reading, its label values in the order of the label names. */
export type Reading = readonly [labelValues: readonly string[], value: number]

/** @throws {TypeError} if `read` returned an invalid value. */
export function readingsOf(
  { name, labelNames }: Pick<ResolvedGaugeDefinition, 'name' | 'labelNames'>,
  read: unknown,
): Reading[] {
  const subject = `gauge "${name}": read()`
  if (!Array.isArray(read))
    expectThat(subject, labelNames.length === 0, 'an array of { labels, value }', read)
  const entries: readonly unknown[] = Array.isArray(read) ? read : [{ value: read }]
  const readings = new Map<string, Reading>()
  for (const entry of entries) {
    expectThat(subject, isObject(entry), 'an array of { labels, value }', entry)
    const { labels: given = {}, value } = entry as Partial<GaugeReading>
    expectThat(subject, isObject(given), 'an object of labels', given)
    const labels = propertiesOf(given) as Partial<GaugeReading['labels']>
    const labelValues = labelNames.map((label) => {
      const labelValue = labels[label]
      expectThat(subject, labelValue !== undefined, `a value for the label ${label}`, labels)
      return String(labelValue ?? '')
    })
    const surplus = Object.keys(labels).find((label) => !labelNames.includes(label))
    expectThat(subject, surplus === undefined, 'only the labels of labelNames', surplus)
    const number = numberOf(value)
    expectThat(subject, number !== undefined, 'a number, a bigint, a Decimal or null', value)
    if (number === null) continue
    const key = JSON.stringify(labelValues)
    expectThat(subject, !readings.has(key), `one value for ${key}`, 'two')
    readings.set(key, [labelValues, number])
  }
  return [...readings.values()]
}

function numberOf(value: unknown): number | null | undefined {
  if (typeof value === 'number' || value === null) return value
  if (typeof value === 'bigint') return Number(value)
  const { toNumber } = (value ?? {}) as { toNumber?: unknown }
  if (typeof toNumber !== 'function') return undefined
  const number: unknown = toNumber.call(value)
  return typeof number === 'number' ? number : undefined
}
