import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The path of a program that tests run: the first of `names` on PATH.
 *
 * @returns undefined, with one line on the console, if it is not installed.
 * @throws if it is not installed and `REQUIRE_TOOLS=1`.

 */
export function findTool(...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(runs)
  if (found === undefined) {
    const missing = `${names.join(' or ')} is not on PATH`
    if (process.env['REQUIRE_TOOLS'] === '1') throw new Error(`REQUIRE_TOOLS=1: ${missing}`)
    console.log(`Skipped: ${missing}`)
  }
  return found
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
