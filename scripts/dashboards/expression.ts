import { clientCatalogue } from '../../src/metrics/catalogue.ts'

const clientMetrics = Object.values(clientCatalogue).map(({ name }) => name)

/**
 * Puts the dashboard's variables in the place of `@` in `name{@,…}`: job, instance and client, as
 * far as the series has them.
 */
export function withVariables(expr: string): string {
  return expr.replaceAll(/([\w:]+)\{@/g, (_, name: string) => `${name}{${variablesOf(name)}`)
}

function variablesOf(name: string): string {
  // Recorded series are sums over instances, except where their level says so.
  const instance = !name.includes(':') || name.includes('instance_')
  const client = name.includes(':') || clientMetrics.some((metric) => name.startsWith(metric))
  return [
    'job=~"$job"',
    ...(instance ? ['instance=~"$instance"'] : []),
    ...(client ? ['client=~"$client"'] : []),
  ].join(',')
}
