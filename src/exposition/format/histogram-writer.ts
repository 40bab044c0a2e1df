import { bytesOfCount, type ByteWriter } from './byte-writer.ts'
import type { Dialect } from './format.ts'
import type { LineStart, Names } from './name-writer.ts'
import { formatNumber } from './number.ts'

/** Writes the lines of a histogram's series, those of one all at once. */
export class HistogramWriter {
  readonly #out: ByteWriter
  readonly #admitsSum: (sum: number) => boolean
  readonly #bucketStart: Uint8Array
  readonly #bucketEnds: readonly Uint8Array[]
  readonly #bytesOfEnds: number
  readonly #sumStart: LineStart
  readonly #countStart: LineStart

  /**
   * @param name escaped
   * @param bounds the upper ones, without `+Inf`
   */
  constructor(
    name: string,
    bounds: readonly number[],
    dialect: Dialect,
    names: Names,
    out: ByteWriter,
  ) {
    this.#out = out
    // Where a bound is negative the sum is no counter, and without a sum there is no count.
    const lowest = bounds[0] ?? 0
    this.#admitsSum = (sum) => dialect.admits('histogram', '_sum', Math.min(sum, lowest))
    this.#bucketStart = Buffer.from(names.line(`${name}_bucket`).open)
    this.#bucketEnds = [...bounds, Number.POSITIVE_INFINITY].map((bound) =>
      Buffer.from(`le="${dialect.bound(bound)}"} `),
    )
    this.#bytesOfEnds = this.#bucketEnds.reduce((sum, end) => sum + end.length + bytesOfCount, 0)
    this.#sumStart = names.line(`${name}_sum`)
    this.#countStart = names.line(`${name}_count`)
  }

  /**
   * @param labels as they stand between the braces, the bound left out
   * @param counts the observations of each bucket, not cumulative; the last one is `+Inf`
   * @param exemplars what follows each bucket's count, where any has an exemplar
   */
  write(
    labels: string,
    counts: readonly number[],
    sum: number,
    exemplars: readonly string[] | undefined,
  ): void {
    const out = this.#out
    const tails = exemplars?.map((text) => Buffer.from(text))
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
    writeLine(out, this.#sumStart, labels, sum)
    writeLine(out, this.#countStart, labels, count)
  }
}

// Part by part: what is put together first is garbage at once, and much of it.
export function writeLine(out: ByteWriter, start: LineStart, labels: string, value: number): void {
  if (labels === '') {
    out.text(start.bare)
  } else {
    out.text(start.open)
    out.text(labels)
    out.text('} ')
  }
  out.text(formatNumber(value))
  out.text('\n')
}
