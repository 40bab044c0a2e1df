import { inhibitionResource, inhibitionRules } from './inhibitions.ts'
import type { RuleFile } from './rule-files.ts'
import { toYaml, type Yaml } from './yaml.ts'

/** A file to write; `path` is relative to the output folder. */
export interface OutputFile {
  readonly path: string
  readonly text: string
}

/** `files` for Prometheus and Grafana, `kubernetes` for resources. */
export type Format = 'files' | 'kubernetes'

export const formats: readonly Format[] = ['files', 'kubernetes']

export interface Bundle {
  readonly rules?: RuleFile
  readonly alerts?: RuleFile
  /** Inhibition rules for Alertmanager. */
  readonly inhibitions?: true
  /** File name → dashboard. */
  readonly dashboards?: Readonly<Record<string, object>>
}

const head = '# Written by `npx prisma-prometheus`. Edits are lost when it runs again.\n'

export function outputFiles(bundle: Bundle, format: Format): OutputFile[] {
  if (format === 'kubernetes') return kubernetes(bundle)
  return files(bundle)
}

function files({ rules, alerts, inhibitions, dashboards = {} }: Bundle): OutputFile[] {
  return [
    ...(rules === undefined ? [] : [yamlFile('rules/prisma.rules.yml', rules)]),
    ...(alerts === undefined ? [] : [yamlFile('rules/prisma.alerts.yml', alerts)]),
    ...(inhibitions === undefined
      ? []
      : [yamlFile('alertmanager/prisma.inhibitions.yml', inhibitionRules())]),
    ...Object.entries(dashboards).map(([name, dashboard]) => ({
      path: `dashboards/${name}`,
      text: json(dashboard),
    })),
  ]
}

/** A PrometheusRule for prometheus-operator, and ConfigMaps that Grafana's sidecar reads. */
function kubernetes({ rules, alerts, inhibitions, dashboards = {} }: Bundle): OutputFile[] {
  const groups = [...(rules?.groups ?? []), ...(alerts?.groups ?? [])]
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'prisma', labels: { 'app.kubernetes.io/name': 'prisma-prometheus' } },
    spec: { groups },
  }
  return [
    ...(groups.length === 0 ? [] : [yamlFile('prisma.prometheusrule.yml', rule)]),
    ...(inhibitions === undefined
      ? []
      : [yamlFile('prisma.alertmanagerconfig.yml', inhibitionResource())]),
    ...Object.entries(dashboards).map(([name, dashboard]) =>
      yamlFile(`${name.replace(/\.json$/, '')}.configmap.yml`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: name.replace(/\.json$/, ''), labels: { grafana_dashboard: '1' } },
        data: { [name]: json(dashboard).trimEnd() },
      }),
    ),
  ]
}

function yamlFile(path: string, value: Yaml): OutputFile {
  return { path, text: head + toYaml(value).trimStart() }
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
