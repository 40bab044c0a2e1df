import { register } from 'prom-client'
import { connectPrisma } from '../example/prisma.ts'

export interface ExampleMetric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

// Registers them. A client connects with its first query, and there is none.
connectPrisma('postgresql://localhost:1/none')

/** The example's own metrics, read where it registers them. */
export const exampleMetrics: readonly ExampleMetric[] = (
  register.getMetricsAsArray() as unknown as Registered[]
)
  .filter(({ name }) => name.startsWith('monitoring_'))
  .map(({ labelNames: labels, name, type, help }) => ({ name, type, help, labels }))

/** What every metric in a registry has, be it prom-client's or this package's. */
interface Registered extends Omit<ExampleMetric, 'labels'> {
  readonly labelNames: readonly string[]
}

/** The example's own metrics as a Markdown table. */
export function exampleTable(): string {
  const rows = exampleMetrics.map(({ name, type, help, labels }) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`
  })
  return ['| metric | type | labels | |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
