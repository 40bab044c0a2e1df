import { bucketBounds } from '../metrics/catalogue.ts'
import { fastestBurn } from '../monitoring/alerts/budgets.ts'
import {
  defaultThresholds,
  type ThresholdName,
  thresholdNames,
  thresholds,
  type ThresholdValues,
} from '../monitoring/thresholds.ts'
import { UsageError } from './usage-error.ts'

/** @throws {UsageError} for an unknown name, or a value with which an alert could never or would always fire. */
export function thresholdsOf(assignments: readonly string[]): ThresholdValues {
  const values: Record<ThresholdName, number> = { ...defaultThresholds }
  for (const assignment of assignments) {
    const [given, text] = halves(assignment)
    const name = thresholdNames.find((each) => each === given)
    if (name === undefined) {
      throw new UsageError(
        `--set: expected NAME=VALUE with one of ${thresholdNames.join(', ')}, got ${JSON.stringify(assignment)}`,
      )
    }
    const value = /^\d+(?:\.\d+)?(?:e-?\d+)?$/.test(text) ? Number(text) : Number.NaN
    const [expected, accepts] = domainOf(name)
    if (!Number.isFinite(value) || !accepts(value)) {
      throw new UsageError(`--set ${name}: expected ${expected}, got ${JSON.stringify(text)}`)
    }
    values[name] = value
  }
  return values
}

function halves(assignment: string): readonly [string, string] {
  const [name = '', ...value] = assignment.split('=')
  return [name, value.join('=')]
}

type Domain = readonly [expected: string, accepts: (value: number) => boolean]

/** The values of a threshold with which its alert can fire, and does not always fire. */
function domainOf(name: ThresholdName): Domain {
  if (name.endsWith('Objective')) {
    return ['a ratio between 0 and 1', (value) => value > 0 && value < 1]
  }
  if (name.endsWith('Ratio')) {
    return ['a ratio of at least 0 and below 1', (value) => value < 1]
  }
  if (name.endsWith('Factor')) return ['a number greater than 1', (value) => value > 1]
  if (name === 'largeResultRows') return boundOf(bucketBounds.rows)
  if (name === 'scopeOperations') {
    // A quantile never exceeds the last bound.
    const last = Math.max(...bucketBounds.operations)
    return [`a number below its last bucket bound (${last})`, (value) => value < last]
  }
  if (thresholds[name].unit === 'seconds') return ['a number greater than 0', (value) => value > 0]
  return ['a number of at least 0', () => true]
}

function boundOf(bounds: readonly number[]): Domain {
  return [`a bound of its buckets (${bounds.join(', ')})`, (value) => bounds.includes(value)]
}

/** Quantiles of histograms with the default buckets, which `prismaMetrics({ buckets })` can replace. */
const quantiles = ['poolWaitSeconds', 'transactionWaitSeconds', 'transactionSeconds'] as const

/** Conditions that the application must meet, or an alert stays silent. */
export function notesOn(values: ThresholdValues): string[] {
  const { duration } = bucketBounds
  const notes: string[] = []
  if (!duration.includes(values.latencySeconds)) {
    notes.push(
      `latencySeconds=${values.latencySeconds} is not a bound of the default buckets: pass it in prismaMetrics({ buckets }), or the latency objective is not measured`,
    )
  }
  for (const name of ['errorObjective', 'latencyObjective'] as const) {
    if (fastestBurn * (1 - values[name]) < 1) continue
    notes.push(
      `${name}=${values[name]} leaves a budget that cannot burn ${fastestBurn} times too fast: that alert never fires`,
    )
  }
  const last = Math.max(...duration)
  for (const name of quantiles) {
    if (values[name] < last) continue
    notes.push(
      `${name}=${values[name]} is not below the last of the default buckets (${last}): pass higher ones in prismaMetrics({ buckets }), or its alert never fires`,
    )
  }
  return notes
}
