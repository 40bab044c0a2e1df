import type { FamilyData } from '../collect/metric-family.ts'
import { Slices } from '../collect/event-loop-slices.ts'
import { partsOf, type WireFamily } from './serialization.ts'

/** Sends families in parts, the event loop doing its other work between them. */
export async function sendParts(
  families: readonly FamilyData[],
  send: (part: { readonly part: readonly WireFamily[]; readonly isLast: boolean }) => void,
): Promise<void> {
  const slices = new Slices()
  await slices.next()
  for (const part of partsOf(families)) {
    send({ part, isLast: false })
    // oxlint-disable-next-line no-await-in-loop -- waiting is what it is for
    if (slices.isOver) await slices.next()
  }
  send({ part: [], isLast: true })
}
