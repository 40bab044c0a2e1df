import { clientCatalogue } from '../../src/metrics/catalogue.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'

const clientMetrics = Object.values(clientCatalogue).map(({ name }) => name)

/**
 * Replaces `@` in `name{@,…}` with matchers for the dashboard's variables: those of job, instance
 * and client that the series has as labels.
 */
export function withVariables(expr: string): string {
  return expr.replaceAll(/([\w:]+)\{@/g, (_, name: string) => `${name}{${variablesOf(name)}`)
}

function variablesOf(name: string): string {
  // Recorded series are sums over instances, unless their level names the instance.
  const instance = !name.includes(':') || name.includes('instance_')
  const client = name.includes(':') || clientMetrics.some((metric) => name.startsWith(metric))
  return [
    'job=~"$job"',
    ...(instance ? ['instance=~"$instance"'] : []),
    ...(client ? ['client=~"$client"'] : []),
  ].join(',')
}

/**
 * The expression, or a series at 0 if it finds nothing though a client is scraped: nothing failed.
 * Without a client there is no series, because nothing is known.
 *
 * @param label the label that the legend shows; it is `none` in the series at 0
 */
export function orZero(expr: string, label: string): string {
  return `${expr} or on () label_replace(0 * count(prisma_client_info{@}), "${label}", "none", "", "")`
}

/** A matcher that excludes the codes of failures that the caller expects. */
export const unexpected = `code!~"${defaultSettings.expectedCodes}"`
