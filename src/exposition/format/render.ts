import { TimeSlices } from '../collect/event-loop.ts'
import type { Collected } from '../collect/family-sources.ts'
import { Body, ByteWriter } from './byte-writer.ts'
import { LabelWriter } from './escape.ts'
import { writeData } from './foreign-family-writer.ts'
import { writeRecorded } from './foreign-histogram-writer.ts'
import { type ExpositionFormat, type FamilyOutput, type IsTaken, textFormat } from './format.ts'
import { type ContentCoding, sinkFor } from './negotiation/content-coding.ts'
import type { NegotiatedFormat } from './negotiation/negotiate.ts'
import { openMetricsFormat } from './openmetrics-format.ts'
import { writeFamily } from './own-family-writer.ts'
import { writeProtobuf } from './protobuf/protobuf-family.ts'
import { headingOf, problemOf, type ReadableFamily, readFamily } from './readable-family.ts'
import { writeSplit } from './split-family.ts'

/** The format of a body. */
export interface BodyFormat extends Pick<NegotiatedFormat, 'syntax'> {
  /** Whether OpenMetrics has `_created` lines. */
  readonly created?: boolean
}

/** Undefined for protobuf, which has no lines. */
function lineFormat({ syntax, created = false }: BodyFormat): ExpositionFormat | undefined {
  if (syntax === 'protobuf') return undefined
  return syntax === 'text' ? textFormat : { ...openMetricsFormat, created }
}

export interface NamedFamily {
  readonly name: string
  readonly collected: Collected
}

export interface RenderFailure {
  readonly name: string
  readonly error: unknown
}

export interface Rendered {
  readonly body: Body
  /** Families that are missing from the body, or of which a part is missing. */
  readonly failures: readonly RenderFailure[]
}

/**
 * Writes the families in a format, in time slices between which the event loop runs.
 *
 * @param coding the compression, which runs while the rest is written
 * @param isTaken whether a family of the registry, written here or not, has the name
 */
export async function render(
  families: readonly NamedFamily[],
  bodyFormat: BodyFormat,
  coding: ContentCoding | undefined,
  isTaken: IsTaken,
): Promise<Rendered> {
  const format = lineFormat(bodyFormat)
  const sink = sinkFor(coding)
  const failures: RenderFailure[] = []
  const out = new ByteWriter()
  const slices = new TimeSlices()
  await slices.next()
  for (const { name, collected } of families) {
    // A family is sent whole or not at all: half of one invalidates the body.
    const discard = out.mark()
    // oxlint-disable-next-line no-await-in-loop -- yields to the event loop
    if (slices.isOver) await slices.next()
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, to hold little in memory
      const family = await readFamily(collected)
      const pieces =
        format === undefined
          ? writeProtobuf(family, out, (error) => failures.push({ name, error }))
          : linesOf(family, { format, labels: new LabelWriter(), isTaken, out })
      for (const _ of pieces) {
        // oxlint-disable-next-line no-await-in-loop -- yields to the event loop
        if (slices.isOver) await slices.next()
      }
      const error = problemOf(family)
      if (error !== undefined) failures.push({ name, error })
    } catch (error) {
      discard()
      failures.push({ name, error })
      continue
    }
    // oxlint-disable-next-line no-await-in-loop -- waits for room in the sink
    for (const chunk of out.take()) await sink.write(chunk, () => out.reuse(chunk))
  }
  out.text(format?.end ?? '')
  // oxlint-disable-next-line no-await-in-loop -- waits for room in the sink
  for (const chunk of out.end()) await sink.write(chunk, () => {})
  return { body: new Body(await sink.end()), failures }
}

function linesOf(readable: ReadableFamily, output: FamilyOutput): Generator<undefined> {
  const { name, type } = headingOf(readable)
  const lines = (to: FamilyOutput): Generator<undefined> => wholeFamily(readable, to)
  return output.format.mustSplit(name, type, output.isTaken)
    ? writeSplit(lines, output)
    : lines(output)
}

function wholeFamily(readable: ReadableFamily, output: FamilyOutput): Generator<undefined> {
  const { kind, registryLabels } = readable
  if (kind === 'family') return writeFamily(readable.family, registryLabels, output)
  if (kind === 'recorded') return writeRecorded(readable.family, registryLabels, output)
  return writeData(readable.data, registryLabels, output)
}
