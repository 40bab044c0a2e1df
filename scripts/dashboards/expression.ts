import { clientCatalogue } from '../../src/metrics/catalogue.ts'

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
