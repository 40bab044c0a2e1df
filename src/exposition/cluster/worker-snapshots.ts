import { aggregate } from '../collect/aggregate.ts'
import type { FamilyData } from '../collect/metric-family.ts'

const cumulativeTypes: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary'])

/** Whether the family's values only grow, so that they count on when who counted them is gone. */
export function isCumulative({ type, aggregator }: FamilyData): boolean {
  return cumulativeTypes.has(type) && (aggregator === 'sum' || aggregator === '')
}

/** A summary's quantiles are of the moment; its sum and its count stay. */
function withoutQuantiles(family: FamilyData): FamilyData {
  if (family.type !== 'summary') return family
  return { ...family, values: family.values.filter(({ metricName }) => metricName !== undefined) }
}

/** What one member said last. */
export class Account {
  readonly #families = new Map<string, FamilyData>()

  /**
   * All its families. What was counted in one that is missing (its collector failed) stays, or the
   * sum would fall, and look like a restart.
   */
  replace(families: readonly FamilyData[]): void {
    const counted = this.cumulative
    this.#families.clear()
    this.update(counted)
    this.update(families)
  }

  /** Some of them. */
  update(families: readonly FamilyData[]): void {
    for (const family of families) this.#families.set(family.name, family)
  }

  get families(): FamilyData[] {
    return [...this.#families.values()]
  }

  get cumulative(): FamilyData[] {
    return this.families.filter(isCumulative).map(withoutQuantiles)
  }
}

/** What all members together have counted that are gone. */
export class Retired {
  readonly #families = new Map<string, FamilyData>()

  add(account: Account): void {
    for (const family of account.cumulative) {
      const before = this.#families.get(family.name)
      const isSame = before === undefined || before.type === family.type
      if (!isSame) continue
      this.#families.set(family.name, before === undefined ? family : aggregate([before, family]))
    }
  }

  get families(): FamilyData[] {
    return [...this.#families.values()]
  }
}
