import { readdir, readFile } from 'node:fs/promises'

// Beside the compiled sources as beside the sources: the package ships both folders.
const folder = new URL('../../monitoring/dashboards/', import.meta.url)

/** File name → dashboard, as the package ships them. */
export async function dashboardTemplates(): Promise<Record<string, object>> {
  const names = await readdir(folder)
  const entries = await Promise.all(
    names.toSorted().map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8')
      return [name, JSON.parse(text) as object] as const
    }),
  )
  return Object.fromEntries(entries)
}
