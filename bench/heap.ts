import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { InstantAdapter } from './instant-adapter.ts'
import { bothLayers, makeVariants } from './variants.ts'

/** Returns the heap used after a garbage collection, in bytes, before and after `operations` of both layers. */
export async function measureHeap(operations: number): Promise<{ before: number; after: number }> {
  const variants = makeVariants(() => new InstantAdapter())
  const variant = variants.find(({ name }) => name === bothLayers)
  if (variant === undefined) throw new Error('expected a variant to measure, got none')
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await variant.client.tag.findFirst({ where: { id: i % 1000 } })
  }
  await run(20_000)
  const before = heapInUse()
  await run(operations)
  const after = heapInUse()
  await variant.client.$disconnect()
  return { before, after }
}

function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 5; i++) collect()
  return process.memoryUsage().heapUsed
}
