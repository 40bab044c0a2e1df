import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { defaultLibrary } from '../../metrics/library/default-library.ts'
import { expectSeconds, expectThat, readOptions } from '../../support/validate.ts'
import { sourcesOf } from '../collect/family-sources.ts'
import { type ExposableRegistry, resolveRegistries } from '../collect/registry.ts'
import { CoalescedScrapes } from '../endpoint/coalesced-scrapes.ts'

export interface WriteMetricsOptions {
  /**
   * The registry to write, or several.
   * @default the global `register` of prom-client
   */
  readonly registry?: ExposableRegistry | readonly ExposableRegistry[]
  /**
   * How long the collectors of the metrics may take, in seconds.
   * @default 10
   */
  readonly timeoutSeconds?: number
}

const optionNames: Readonly<Record<keyof WriteMetricsOptions, true>> = {
  registry: true,
  timeoutSeconds: true,
}

/**
 * Writes the metrics to a text file for the textfile collector of node_exporter: the same lines as
 * `exposeMetrics` answers. A reader sees the old file or the new one, never a part.
 *
 * @param path a file ending in `.prom`, as node_exporter requires, in a folder that exists
 *
 * @example
 * ```ts
 * await writeMetrics('/var/lib/node_exporter/textfile/nightly.prom')
 * ```
 *
 * @throws {TypeError} (as a rejection) for a path or an option that is wrong.
 * @throws {Error} (as a rejection) if a metric could not be read or the file not be written. The old
 * file stays, and node_exporter shows its age as `node_textfile_mtime_seconds`.
 */
export async function writeMetrics(path: string, options: WriteMetricsOptions = {}): Promise<void> {
  expectThat(
    'writeMetrics(path)',
    typeof path === 'string' && path.endsWith('.prom'),
    'the path of a file that ends in .prom',
    path,
  )
  const { registry = defaultLibrary().register, timeoutSeconds = 10 } = readOptions(
    'options',
    options,
    optionNames,
  )
  expectSeconds('timeoutSeconds', timeoutSeconds)
  const chunks = await read(resolveRegistries(registry), timeoutSeconds)
  // In the same folder: a rename is atomic within one file system. node_exporter reads *.prom only.
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, chunks)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function read(
  registries: readonly ExposableRegistry[],
  seconds: number,
): Promise<readonly Uint8Array[]> {
  const cycle = new CoalescedScrapes(() => sourcesOf(registries)).join(seconds)
  try {
    const gathered = await cycle.gather(undefined, seconds)
    const { body, failures } = await cycle.body(gathered, { syntax: 'text' }, undefined)
    const [failure] = [...gathered.failures, ...failures]
    if (failure !== undefined) throw failure.error
    return body.chunks
  } finally {
    cycle.leave()
  }
}
