import type { Instruments } from '../metrics/instruments.ts'
import type { SqlDriverAdapterFactory } from './driver-adapter.ts'
import { activeProvider, clientVersion } from './internals.ts'

/** Version, provider and adapter. */
type ClientLabels = readonly [string, string, string]

/** Keeps `prisma_client_info`: the instrumented clients, and the source of their row counters. */
export class ClientInfo {
  readonly #instruments: Instruments
  /** The labels of clients whose rows come from their operations. */
  readonly #fromOperations = new Map<string, ClientLabels>()
  #alone: SqlDriverAdapterFactory | undefined
  adapterWrapped = false

  constructor(instruments: Instruments) {
    this.#instruments = instruments
    instruments.clientInfo.beforeCollect(() => {
      if (this.#alone === undefined) return
      // A client that is not extended by the time of a scrape has the statement layer alone.
      this.#set(labelsOf(undefined, this.#alone.provider, this.#alone.adapterName), true)
    })
  }

  wrapped(factory: SqlDriverAdapterFactory): void {
    this.adapterWrapped = true
    this.#alone = factory
  }

  extended(client: unknown, factory: unknown, statements: boolean): void {
    const { adapterName, provider } = (factory ??
      this.#alone ??
      {}) as Partial<SqlDriverAdapterFactory>
    const labels = labelsOf(clientVersion(client), activeProvider(client) ?? provider, adapterName)
    if (statements) this.#extendedAlone()
    else this.#fromOperations.set(labels.join(), labels)
    this.#set(labels, statements)
  }

  /** Must be called when the row counters of clients are found to come from statements. */
  fromStatements(): void {
    for (const labels of this.#fromOperations.values()) {
      this.#extendedAlone()
      this.#instruments.clientInfo.remove(...labels, 'operations')
      this.#set(labels, true)
    }
    this.#fromOperations.clear()
  }

  #extendedAlone(): void {
    if (this.#alone === undefined) return
    const { provider, adapterName } = this.#alone
    this.#instruments.clientInfo.remove(...labelsOf(undefined, provider, adapterName), 'statements')
    this.#alone = undefined
  }

  #set(labels: ClientLabels, statements: boolean): void {
    this.#instruments.clientInfo.with(...labels, statements ? 'statements' : 'operations').set(1)
  }
}

function labelsOf(
  version: string | undefined,
  provider: string | undefined,
  adapter: string | undefined,
): ClientLabels {
  return [version ?? 'unknown', provider ?? 'unknown', adapter ?? 'none']
}
