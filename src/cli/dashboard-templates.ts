import { readdir, readFile } from 'node:fs/promises'

// The same relative path from the sources and from the compiled files.
const folder = new URL('../../monitoring/dashboards/', import.meta.url)

/** The dashboards of the package by file name. */
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
