import { register } from 'prom-client'
import { connectPrisma } from '../../example/prisma.ts'

/** The example's own metrics, by name, with their types and labels: read where it registers them. */
export async function exampleMetrics(): Promise<
  readonly { readonly name: string; readonly type: string; readonly labels: readonly string[] }[]
> {
  // Connects with its first query only, and there is none.
  const { prisma } = connectPrisma('postgresql://localhost:1/none')
  await prisma.$disconnect()
  return (register.getMetricsAsArray() as unknown as Registered[])
    .filter(({ name }) => name.startsWith('monitoring_'))
    .map(({ name, type, labelNames }) => ({ name, type, labels: labelNames }))
}

/** What every metric in a registry has, be it prom-client's or this package's. */
interface Registered {
  readonly name: string
  readonly type: string
  readonly labelNames: readonly string[]
}
