import { clientCatalogue, httpCatalogue, type MetricDeclaration } from '../src/metrics/catalogue.ts'
import { semanticConventions } from '../src/opentelemetry/names/semantic-conventions.ts'
import { DatabaseAttributes } from '../src/opentelemetry/names/database-attributes.ts'
import { openTelemetryName } from '../src/opentelemetry/names/exported-names.ts'

const catalogue: readonly MetricDeclaration[] = [
  ...Object.values(clientCatalogue),
  ...Object.values(httpCatalogue),
]

/** The names of each metric in Prometheus and in OpenTelemetry, as a Markdown table. */
export function openTelemetryTable(): string {
  const databases = new DatabaseAttributes()
  const rows = catalogue.map(({ name, type, labels }) => {
    const family = { name, catalogueName: name, type }
    const { name: exported, unit } = openTelemetryName(family, databases)
    const { attributes: mappings = {}, byOutcome } = semanticConventions[name] ?? {}
    const attributes = labels.map((label) => `\`${mappings[label]?.name ?? label}\``)
    if (byOutcome) attributes.push('`error.type`')
    const mark = name in semanticConventions ? ' *' : ''
    const shownUnit = unit === '' ? '' : `\`${unit}\``
    return `| \`${name}\` | \`${exported}\`${mark} | ${shownUnit} | ${attributes.join(', ')} |`
  })
  return [
    '| Prometheus | OpenTelemetry | unit | attributes |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
