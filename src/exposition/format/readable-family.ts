import type { Labels } from '../../metrics/samples.ts'
import type { Collected } from '../collect/family-sources.ts'
import type { SampleStream } from '../collect/metric-family.ts'
import type { wholeHistogram } from '../collect/read-metric.ts'

/** A family that can be written. */
export type ReadableFamily =
  | {
      readonly kind: 'recorded'
      readonly family: NonNullable<ReturnType<typeof wholeHistogram>>
      readonly registryLabels: Labels
    }
  | Extract<Collected, { kind: 'family' }>
  | { readonly kind: 'data'; readonly data: SampleStream; readonly registryLabels: Labels }

export async function readFamily(collected: Collected): Promise<ReadableFamily> {
  if (collected.kind === 'family') return collected
  const { registryLabels } = collected
  const family = collected.histogram()
  if (family !== undefined) return { kind: 'recorded', family, registryLabels }
  return { kind: 'data', data: await collected.read(), registryLabels }
}

/** The declaration of a family. */
export function headingOf(readable: ReadableFamily): {
  readonly name: string
  readonly type: string
  readonly help: string
} {
  if (readable.kind === 'data') return readable.data
  const { family } = readable
  if (readable.kind === 'recorded') return { ...readable.family, type: 'histogram' }
  return { name: readable.family.declaredName, type: family.type, help: family.help }
}

/** The reason why a part of the family is missing; complete when the family has been written. */
export function problemOf(readable: ReadableFamily): Error | undefined {
  if (readable.kind === 'family') return undefined
  return readable.kind === 'recorded' ? readable.family.problem?.() : readable.data.problem?.()
}
