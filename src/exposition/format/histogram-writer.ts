import { bytesOfCount, type ByteWriter } from './byte-writer.ts'
import type { HistogramValues } from '../../metrics/histograms/histogram-samples.ts'
import type { LabelWriter } from './escape.ts'
import { formatExemplar } from './exemplar.ts'
import { createdSuffix, type FamilyOutput, formatNumber } from './format.ts'

/** Writes the lines of a histogram, one series at a time. */
export class HistogramWriter {
  readonly #out: ByteWriter
  readonly #admitsSum: (sum: number) => boolean
  readonly #bucketStart: Uint8Array
  readonly #bucketEnds: readonly Uint8Array[]
  readonly #bytesOfEnds: number
  readonly #name: string
  /** Undefined if the format has no exemplars. */
  readonly #exemplarLabels: LabelWriter | undefined
  readonly #created: boolean

  /**
   * @param name escaped
   * @param bounds finite and ascending
   */
  constructor(name: string, bounds: readonly number[], { format, labels, out }: FamilyOutput) {
    this.#name = name
    this.#out = out
    this.#exemplarLabels = format.exemplars ? labels : undefined
    this.#created = format.created
    // With a negative bound the sum can fall, so it is not a counter; without a sum there is no count.
    const lowest = bounds[0] ?? 0
    this.#admitsSum = (sum) => format.admits('histogram', '_sum', Math.min(sum, lowest))
    this.#bucketStart = Buffer.from(`${name}_bucket{`)
    this.#bucketEnds = [...bounds, Number.POSITIVE_INFINITY].map((bound) =>
      Buffer.from(`le="${format.bound(bound)}"} `),
    )
    this.#bytesOfEnds = this.#bucketEnds.reduce((sum, end) => sum + end.length + bytesOfCount, 0)
  }

  /** @param labels as they are written between the braces, without the bound */
  write(labels: string, values: HistogramValues): void {
    const out = this.#out
    const { counts, sum, startedAt } = values
    const tails = tailsOf(values, this.#exemplarLabels)
    const bytesOfTails = tails?.reduce((all, { length }) => all + length, 0) ?? 0
    const bytesOfStart = this.#bucketStart.length + Buffer.byteLength(labels) + 1
    out.reserve(bytesOfStart * counts.length + this.#bytesOfEnds + bytesOfTails)
    const start = out.position
    out.bytes(this.#bucketStart)
    out.text(labels)
    if (labels !== '') out.text(',')
    const end = out.position
    let count = 0
    for (let index = 0; index < counts.length; index++) {
      count += counts[index] as number
      if (index > 0) out.again(start, end)
      out.bytes(this.#bucketEnds[index] as Uint8Array)
      out.count(count)
      if (tails !== undefined) out.bytes(tails[index] as Uint8Array)
      out.newLine()
    }
    if (!this.#admitsSum(sum)) return
    writeLine(out, `${this.#name}_sum`, labels, sum)
    writeLine(out, `${this.#name}_count`, labels, count)
    if (!this.#created || startedAt === undefined) return
    writeLine(out, `${this.#name}${createdSuffix}`, labels, startedAt / 1000)
  }
}

/** The bytes after the count of each bucket. */
function tailsOf(
  { counts, exemplars }: HistogramValues,
  writer: LabelWriter | undefined,
): Uint8Array[] | undefined {
  if (exemplars === undefined || writer === undefined) return undefined
  return counts.map((_, bucket) => {
    const exemplar = exemplars[bucket]
    return Buffer.from(exemplar == null ? '' : formatExemplar(exemplar, writer))
  })
}

// Part by part: a concatenated line would become garbage immediately.
export function writeLine(out: ByteWriter, name: string, labels: string, value: number): void {
  out.text(name)
  if (labels !== '') {
    out.text('{')
    out.text(labels)
    out.text('}')
  }
  out.text(' ')
  out.text(formatNumber(value))
  out.text('\n')
}
