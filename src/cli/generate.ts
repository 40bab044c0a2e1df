import {
  bucketBounds,
  clientCatalogue,
  expositionCatalogue,
  httpCatalogue,
  type MetricDeclaration,
  processCatalogue,
  metricName,
} from '../metrics/catalogue.ts'
import { dashboardFor } from '../monitoring/dashboards.ts'
import { type Bundle, type Format, type OutputFile, outputFiles } from '../monitoring/formats.ts'
import { alertRuleFile, recordingRuleFile } from '../monitoring/rule-files.ts'
import type { MonitoringSettings } from '../monitoring/settings.ts'
import { dashboardTemplates } from './dashboard-templates.ts'
import { runbookPage } from './runbook-page.ts'

export type Artefact = 'rules' | 'alerts' | 'inhibitions' | 'dashboards' | 'catalogue'

export const artefacts: readonly Artefact[] = [
  'rules',
  'alerts',
  'inhibitions',
  'dashboards',
  'catalogue',
]

/** The requested files. */
export async function generate(
  wanted: ReadonlySet<Artefact>,
  format: Format,
  settings: MonitoringSettings,
  { example = false }: { readonly example?: boolean } = {},
): Promise<OutputFile[]> {
  const bundle: Bundle = {
    ...(wanted.has('rules') ? { rules: recordingRuleFile(settings) } : {}),
    ...(wanted.has('alerts') ? { alerts: alertRuleFile(settings) } : {}),
    ...(wanted.has('inhibitions') ? { inhibitions: true } : {}),
    ...(wanted.has('dashboards') ? { dashboards: await dashboards(settings, example) } : {}),
  }
  return [
    ...outputFiles(bundle, format),
    ...(wanted.has('alerts') ? [{ path: 'runbooks.html', text: await runbookPage(settings) }] : []),
    ...(wanted.has('catalogue') ? [catalogueFile(settings.prefix)] : []),
  ]
}

/** The dashboard of the example application's own metrics. */
const exampleDashboard = 'prisma-business.json'

async function dashboards(
  settings: MonitoringSettings,
  example: boolean,
): Promise<Record<string, object>> {
  const templates = Object.entries(await dashboardTemplates())
  return Object.fromEntries(
    templates
      .filter(([name]) => example || name !== exampleDashboard)
      .map(([name, template]) => [name, dashboardFor(template, settings)]),
  )
}

function catalogueFile(prefix: string): OutputFile {
  const metrics = [clientCatalogue, processCatalogue, httpCatalogue, expositionCatalogue]
    .flatMap((catalogue): MetricDeclaration[] => Object.values(catalogue))
    .map((declaration) => {
      const { type, help, labels, buckets } = declaration
      const name = metricName(declaration, prefix)
      return buckets === undefined
        ? { name, type, help, labels }
        : { name, type, help, labels, buckets: bucketBounds[buckets] }
    })
  return { path: 'catalogue.json', text: `${JSON.stringify(metrics, undefined, 2)}\n` }
}
