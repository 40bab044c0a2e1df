import type { Attributes, Point } from './points.ts'

/** Attributes that series must have; undefined for those that they must not have. */
type Wanted = Readonly<Record<string, Attributes[string] | undefined>>

/** What a series of one instance has come to. */
interface Total {
  readonly last: Point
  /** What ended at a reset, or was added by earlier deltas. */
  readonly before: { readonly value: number; readonly count: number }
  readonly value: number
  readonly count: number
}

/**
 * Adds up what a receiver was sent, as OpenTelemetry's data model defines it, and checks each point
 * against that model. It knows nothing of the sender.
 */
export class Ledger {
  readonly #totals = new Map<string, Total>()
  readonly #heads = new Map<string, string>()
  /** Points that break the data model. */
  readonly violations: string[] = []

  add(points: readonly Point[]): void {
    const inRequest = new Set<string>()
    for (const point of points) {
      const key = keyOf(point)
      const wrong = (what: string): void => {
        this.violations.push(`${key}: ${what}`)
      }
      if (inRequest.has(key)) wrong('twice in one request')
      inRequest.add(key)
      this.#checkPoint(point, wrong)
      this.#totals.set(key, this.#next(point, this.#totals.get(key), wrong))
    }
  }

  /** The sum over all instances of the series that have these attributes. */
  total(name: string, attributes: Wanted = {}): { value: number; count: number } {
    let value = 0
    let count = 0
    for (const { last, ...total } of this.#totals.values()) {
      if (last.name !== name || !matches(last.attributes, attributes)) continue
      value += total.value
      count += total.count
    }
    return { value, count }
  }

  /** The newest point of each series. */
  points(name?: string): Point[] {
    const all = Array.from(this.#totals.values(), ({ last }) => last)
    return name === undefined ? all : all.filter((point) => point.name === name)
  }

  #next(point: Point, seen: Total | undefined, wrong: (what: string) => void): Total {
    const value = point.value ?? 0
    const { count, temporality } = point
    const zero = { value: 0, count: 0 }
    if (seen === undefined) return { last: point, before: zero, value, count }
    const { last } = seen
    if (point.time <= last.time) wrong(`time ${point.time} after ${last.time}`)
    if (temporality === 'delta') {
      if (point.start < last.time) wrong(`a delta from ${point.start} overlaps ${last.time}`)
      const before = { value: seen.value, count: seen.count }
      return { last: point, before, value: before.value + value, count: before.count + count }
    }
    if (point.kind === 'gauge' || point.kind === 'updowncounter') {
      return { last: point, before: zero, value, count }
    }
    if (point.start < last.start) wrong(`the start went back from ${last.start} to ${point.start}`)
    const before =
      point.start === last.start ? seen.before : { value: seen.value, count: seen.count }
    if (point.start === last.start && (point.count < last.count || value < (last.value ?? 0))) {
      wrong(`decreased from ${last.value} to ${value} without a new start`)
    }
    return { last: point, before, value: before.value + value, count: before.count + count }
  }

  #checkPoint(point: Point, wrong: (what: string) => void): void {
    const { name, kind, unit, temporality, description, start, time, value, counts, bounds } = point
    const head = JSON.stringify([kind, unit, temporality, description])
    const known = this.#heads.get(name) ?? head
    if (known !== head) wrong(`was ${known}, is ${head}`)
    this.#heads.set(name, head)
    if (name === '' || !/^[a-zA-Z][\w./-]{0,254}$/.test(name)) wrong('no name of OpenTelemetry')
    if (start >= time) wrong(`start ${start} is not before ${time}`)
    if (value !== undefined && !Number.isFinite(value)) wrong(`value ${value}`)
    if (kind === 'histogram') {
      if (counts.length !== bounds.length + 1) wrong(`${counts.length} counts`)
      if (counts.some((count) => !Number.isSafeInteger(count) || count < 0))
        wrong(`counts ${counts.join()}`)
      if (counts.reduce((sum, count) => sum + count, 0) !== point.count) wrong('count is no sum')
      if (!bounds.every(Number.isFinite)) wrong(`bounds ${bounds.join()}`)
    } else if (kind !== 'gauge' && value === undefined) wrong('no value')
    if (kind === 'counter' && (value ?? 0) < 0) wrong(`value ${value}`)
    if (kind !== 'gauge' && temporality === undefined) wrong('no temporality')
  }
}

function keyOf({ instance, name, attributes }: Point): string {
  const keys = Object.keys(attributes).toSorted()
  return `${instance} ${name} ${JSON.stringify(keys.map((key) => [key, attributes[key]]))}`
}

function matches(attributes: Attributes, wanted: Wanted): boolean {
  return Object.entries(wanted).every(([key, value]) => attributes[key] === value)
}
