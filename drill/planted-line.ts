import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ReportedLine } from './service/application.ts'

/** The first reported line that follows a comment `planted`: the callback with the file and line. */
export function plantedLine(lines: readonly ReportedLine[]): string | undefined {
  for (const { callback, stack } of lines) {
    for (const [, file = '', line = ''] of stack.matchAll(
      /((?:file:\/\/)?\/[^\s:()]+):(\d+):\d+/g,
    )) {
      if (isPlanted(file, Number(line))) {
        return `${callback}: ${file.replace(/^.*\/drill\//, 'drill/')}:${line}`
      }
    }
  }
  return undefined
}

function isPlanted(file: string, line: number): boolean {
  const path = file.startsWith('file://') ? fileURLToPath(file) : file
  if (!path.includes('/drill/')) return false
  const source = readFileSync(path, 'utf8').split('\n')
  return source[line - 2]?.trim() === '// planted'
}
