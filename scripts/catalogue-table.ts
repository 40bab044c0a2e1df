import {
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  processCatalogue,
} from '../src/metrics/catalogue.ts'

/** The catalogue as a Markdown table, one row a metric. */
export function catalogueTable(): string {
  const declarations: MetricDeclaration[] = [
    ...Object.values(clientCatalogue),
    ...Object.values(processCatalogue),
    ...Object.values(httpCatalogue),
    ...Object.values(expositionCatalogue),
  ]
  const rows = declarations.map(({ name, type, labels, help }) => {
    const shown = labels.filter((label) => label !== 'client').map((label) => `\`${label}\``)
    return `| \`${name}\` | ${type} | ${shown.join(', ')} | ${help} |`
  })
  return ['| metric | type | labels | |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** `page` with what stands between its `<!-- name -->` markers replaced. */
export function fillMarker(page: string, name: string, content: string): string {
  const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`)
  if (!marked.test(page)) {
    throw new Error(`expected the markers <!-- ${name} --> and <!-- /${name} -->, got none`)
  }
  return page.replace(marked, (_, open: string, close: string) => `${open}\n${content}\n\n${close}`)
}
