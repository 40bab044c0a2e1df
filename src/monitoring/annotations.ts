import type { DashboardLink } from './rule.ts'
import type { MonitoringSettings } from './settings.ts'

/** Stands for the matchers of the alert's own labels in a query of {@link largest}. */
export const own = '<own>'

/**
 * A template that runs a query when the alert fires, and prints `text` for its largest series: the
 * alert names what its own labels do not. It prints nothing if the query finds nothing.
 *
 * @param query PromQL with {@link own} for the matchers of the alert's own labels
 * @param text uses labels as `[scope]`
 */
export function largest(
  query: string,
  text: string,
  labels: readonly string[] = jobAndClient,
): string {
  const matchers = labels.map((label) => `${label}=%q`).join(',')
  const values = labels.map((label) => ` $labels.${label}`)
  const parts = query.replaceAll('%', '%%').split(own)
  const format = JSON.stringify(`topk(1, ${parts.join(matchers)} > 0)`)
  const printed = text.replaceAll(/\[(\w+)\]/g, '{{ .Labels.$1 }}')
  const all = parts.slice(1).flatMap(() => values)
  return `{{ range printf ${format}${all.join('')} | query }}${printed}{{ end }}`
}

const jobAndClient = ['job', 'client']

/** The address of a dashboard with its variables set to labels of the alert. */
export function dashboardUrl(
  { name, variables = ['client'] }: DashboardLink,
  { grafana, prefix }: Pick<MonitoringSettings, 'grafana' | 'prefix'>,
): string {
  const query = ['job', ...variables]
    .map((label) => `var-${label}={{ $labels.${label} | urlquery }}`)
    .join('&')
  return `${grafana}/d/${dashboardUid(`prisma-${name}`, prefix)}?${query}`
}

/** The uid of a dashboard: two sets of dashboards in one Grafana must not overwrite each other. */
export function dashboardUid(uid: string, prefix: string): string {
  return uid.replace(/^prisma/, prefix.replace(/_$/, '').replaceAll(/[^\w-]/g, '-'))
}
