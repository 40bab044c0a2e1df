import { readFile } from 'node:fs/promises'
import { defaultPrefix } from '../metrics/catalogue.ts'
import type { MonitoringSettings } from '../monitoring/settings.ts'
import { defaultThresholds, thresholdNames } from '../monitoring/thresholds.ts'
import { renderMarkdown } from './markdown.ts'

const page = new URL('../../docs/runbooks.md', import.meta.url)

const style = `
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  h2 { margin-top: 3rem; border-top: 1px solid; padding-top: 1rem }
  :target { background: #fc06 }
  pre { overflow-x: auto; padding: 0.75rem; border: 1px solid #8886; border-radius: 4px }
  table { border-collapse: collapse; display: block; overflow-x: auto }
  td, th { border: 1px solid #8886; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top }
`

/** The prefix of metrics and of patterns for their names. */
const prefixed = new RegExp(`(?<!\\w)${defaultPrefix}(?=[a-z])`, 'g')

/** The runbooks as one HTML page without scripts, for the prefix and the thresholds of the settings. */
export async function runbookPage(settings: MonitoringSettings): Promise<string> {
  const text = await readFile(page, 'utf8')
  const markdown = text.replaceAll(prefixed, () => settings.prefix)
  const body = renderMarkdown(withThresholds(markdown, settings))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runbooks of prisma-prometheus</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`
}

/** Writes the values of the settings into the table of thresholds. */
function withThresholds(markdown: string, { thresholds }: MonitoringSettings): string {
  const changed = thresholdNames.filter((name) => thresholds[name] !== defaultThresholds[name])
  return changed.reduce((text, name) => {
    const cell = `| \`${name}\` | `
    return text.replace(cell, () => `${cell}${thresholds[name]}, by default `)
  }, markdown)
}
