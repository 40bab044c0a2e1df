import { bucketBounds } from '../../src/metrics/catalogue.ts'
import { Histogram, type HistogramForm } from '../../src/metrics/histogram.ts'
import { cpuMilliseconds, interleave, median, pairedRatio } from '../rounds.ts'

const forms: readonly HistogramForm[] = ['classic', 'native', 'both']
const observations = 20_000

/** Nanoseconds of CPU time per observation by form, and their ratio to the classic form in the same rounds. */
export async function recordingRows(rounds: number): Promise<string[][]> {
  const values = Array.from({ length: observations }, (_, index) => {
    const position = ((index * 7919) % observations) / observations
    return 0.0005 * 2000 ** (position ** 2)
  })
  const tasks = new Map<string, () => Promise<void>>(
    forms.map((form) => {
      const bounds = form === 'native' ? [] : bucketBounds.duration
      const histogram = new Histogram([], bounds, form !== 'classic')
      const record = async (): Promise<void> => {
        for (const value of values) histogram.observe(value)
      }
      return [form, record]
    }),
  )
  const figures = await interleave(tasks, {
    rounds,
    operations: 1,
    warmUp: 20,
    clock: cpuMilliseconds,
  })
  const classic = figures.get('classic') ?? []
  return forms.map((form) => {
    const own = figures.get(form) ?? []
    const nanoseconds = (median(own) * 1000) / observations
    return [`\`'${form}'\``, nanoseconds.toFixed(1), pairedRatio(own, classic).toFixed(2)]
  })
}
