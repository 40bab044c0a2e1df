import type { Registry } from 'prom-client'

/**
 * The values of all series whose name starts with `prefix`, by name and labels; `client` and the
 * buckets of histograms are left out.
 */
export async function valuesOf(
  registry: Pick<Registry, 'metrics'>,
  prefix: string,
): Promise<Record<string, number>> {
  const values: Record<string, number> = {}
  for (const line of (await registry.metrics()).split('\n')) {
    const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (!name.startsWith(prefix) || name.endsWith('_bucket')) continue
    const shown = labels.replace(/client="[^"]*",?/, '')
    values[shown === '' ? name : `${name}{${shown}}`] = Number(value)
  }
  return values
}
