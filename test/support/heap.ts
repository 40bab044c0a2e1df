import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of heap in use that nothing can free. */
export async function heapInUse(): Promise<number> {
  for (let pass = 0; pass < 4; pass++) {
    // What waits in the event loop may hold on to what it has finished with.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}
