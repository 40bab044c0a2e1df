import { register } from 'prom-client'
import { connectPrisma } from '../example/prisma.ts'

export interface ExampleMetric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

// Registers the metrics. The client never connects: it connects with its first query.
connectPrisma('postgresql://localhost:1/none')

/** The example's metrics, read from the registry that holds them. */
export const exampleMetrics: readonly ExampleMetric[] = (
  register.getMetricsAsArray() as unknown as Registered[]
)
  .filter(({ name }) => name.startsWith('monitoring_'))
  .map(({ labelNames: labels, name, type, help }) => ({ name, type, help, labels }))

/** The fields that metrics of prom-client and of this package share. */
interface Registered extends Omit<ExampleMetric, 'labels'> {
  readonly labelNames: readonly string[]
}

/** The example's metrics as a Markdown table. */
export function exampleTable(): string {
  const rows = exampleMetrics.map(({ name, type, help, labels }) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`
  })
  return ['| metric | type | labels | |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
