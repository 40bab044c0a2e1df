import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { Counter, Histogram, Registry } from 'prom-client'
import { type Samples, samplesOf } from '../samples.ts'
import { requirePackage } from './packages.ts'

interface PrismaInstrumentationPackage {
  readonly PrismaInstrumentation: new (config: { ignoreSpanTypes: readonly RegExp[] }) => object
  registerInstrumentations(options: {
    readonly tracerProvider: NodeTracerProvider
    readonly instrumentations: readonly object[]
  }): void
}

type SpanProcessor = NonNullable<
  NonNullable<ConstructorParameters<typeof NodeTracerProvider>[0]>['spanProcessors']
>[number]

/** Derives a histogram and a counter per model and operation from the spans of operations. */
class OperationMetrics implements SpanProcessor {
  readonly registry = new Registry()
  readonly #duration: Histogram<'model' | 'operation'>
  readonly #operations: Counter<'model' | 'operation'>

  constructor() {
    const registers = [this.registry]
    const labelNames = ['model', 'operation'] as const
    this.#duration = new Histogram({
      name: 'prisma_operation_seconds',
      help: 'Duration of operations',
      labelNames,
      registers,
    })
    this.#operations = new Counter({
      name: 'prisma_operations_total',
      help: 'Operations',
      labelNames,
      registers,
    })
  }

  onStart(): void {}

  onEnd({ name, attributes, duration }: Parameters<SpanProcessor['onEnd']>[0]): void {
    if (name !== 'prisma:client:operation') return
    const [seconds, nanoseconds] = duration
    const { model = '', method } = attributes
    const labels = { model: String(model), operation: String(method) }
    this.#duration.observe(labels, seconds + nanoseconds / 1e9)
    this.#operations.inc(labels)
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** Traces the operations of every client of this process, with all spans sampled. */
export function traceOperations(ignoreSpanTypes: readonly RegExp[]): () => Promise<Samples> {
  const metrics = new OperationMetrics()
  const tracerProvider = new NodeTracerProvider({ spanProcessors: [metrics] })
  tracerProvider.register()
  const { PrismaInstrumentation, registerInstrumentations } = requirePackage(
    '@prisma/instrumentation',
  ) as PrismaInstrumentationPackage
  registerInstrumentations({
    tracerProvider,
    instrumentations: [new PrismaInstrumentation({ ignoreSpanTypes })],
  })
  return () => samplesOf(metrics.registry)
}
