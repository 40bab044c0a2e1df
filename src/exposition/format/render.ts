import { Body } from './body.ts'
import { ByteWriter } from './byte-writer.ts'
import { type ContentCoding, sinkFor } from './negotiation/content-coding.ts'
import type { Dialect } from './format.ts'
import type { Labels } from '../../metrics/samples.ts'
import type { SampleStream } from '../collect/metric-family.ts'
import type { wholeHistogram } from '../collect/read-metric.ts'
import { Names } from './name-writer.ts'
import type { Format } from './negotiation/negotiate.ts'
import { openMetricsFormat } from './openmetrics-format.ts'
import type { Collected } from '../collect/family-sources.ts'
import { textFormat } from './text-format.ts'
import { TimeSlices } from '../collect/event-loop.ts'
import { writeData } from './foreign-family-writer.ts'
import { writeFamily } from './own-family-writer.ts'
import { writeRecorded } from './foreign-histogram-writer.ts'

const dialects: Readonly<Record<Format['syntax'], Dialect>> = {
  text: textFormat,
  openmetrics: openMetricsFormat,
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
 * Writes the families in a format, in slices between which the event loop does its other work.
 *
 * @param coding the compression, done while the rest is written
 * @param isTaken whether a family of the registry, written here or not, has the name
 */
export async function render(
  families: readonly NamedFamily[],
  format: Pick<Format, 'syntax' | 'escaping'>,
  coding: ContentCoding | undefined,
  isTaken: (name: string) => boolean,
): Promise<Rendered> {
  const dialect = dialects[format.syntax]
  const sink = sinkFor(coding)
  const failures: RenderFailure[] = []
  const out = new ByteWriter()
  const slices = new TimeSlices()
  await slices.next()
  for (const { name, collected } of families) {
    // Held back until the family is whole: with half of one a body is worth nothing to its reader.
    const takeBack = out.mark()
    // oxlint-disable-next-line no-await-in-loop -- waiting is what it is for
    if (slices.isOver) await slices.next()
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that little is held
      const family = collected.kind === 'samples' ? await readNow(collected) : collected
      for (const _ of linesOf(family, dialect, new Names(format.escaping), isTaken, out)) {
        // oxlint-disable-next-line no-await-in-loop -- waiting is what it is for
        if (slices.isOver) await slices.next()
      }
      const error = problemOf(family)
      if (error !== undefined) failures.push({ name, error })
    } catch (error) {
      takeBack()
      failures.push({ name, error })
      continue
    }
    // oxlint-disable-next-line no-await-in-loop -- the sink says when there is room
    for (const chunk of out.take()) await sink.write(chunk, () => out.reuse(chunk))
  }
  out.text(dialect.end)
  // oxlint-disable-next-line no-await-in-loop -- the sink says when there is room
  for (const chunk of out.end()) await sink.write(chunk, () => {})
  return { body: new Body(await sink.end()), failures }
}

/** A family that can be written. */
type Readable =
  | {
      readonly kind: 'recorded'
      readonly family: NonNullable<ReturnType<typeof wholeHistogram>>
      readonly registryLabels: Labels
    }
  | Extract<Collected, { kind: 'family' }>
  | { readonly kind: 'data'; readonly data: SampleStream; readonly registryLabels: Labels }

async function readNow(samples: Extract<Collected, { kind: 'samples' }>): Promise<Readable> {
  const { registryLabels } = samples
  const family = samples.histogram()
  if (family !== undefined) return { kind: 'recorded', family, registryLabels }
  return { kind: 'data', data: await samples.read(), registryLabels }
}

function problemOf(family: Readable): Error | undefined {
  if (family.kind === 'recorded') return family.family.problem?.()
  return family.kind === 'data' ? family.data.problem?.() : undefined
}

function linesOf(
  collected: Readable,
  dialect: Dialect,
  names: Names,
  isTaken: (name: string) => boolean,
  out: ByteWriter,
): Generator<undefined> {
  const { kind, registryLabels } = collected
  if (kind === 'family') {
    return writeFamily(collected.family, registryLabels, dialect, names, isTaken, out)
  }
  if (kind === 'recorded') {
    return writeRecorded(collected.family, registryLabels, dialect, names, isTaken, out)
  }
  return writeData(collected.data, registryLabels, dialect, names, isTaken, out)
}
