/** Metrics as `name{labels}` → value. */
export type Samples = ReadonlyMap<string, number>

/** A registry of `prom-client` or `@prometheus-io/client`. */
export interface AnyRegistry {
  metrics(): Promise<string>
}

/** The samples that a scrape of the registry shows. */
export async function samplesOf(registry: AnyRegistry): Promise<Samples> {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

/** The sum of all samples of that name. */
export function sumOf(samples: Samples, name: string): number {
  return [...samples].reduce(
    (sum, [key, value]) => (key === name || key.startsWith(`${name}{`) ? sum + value : sum),
    0,
  )
}
