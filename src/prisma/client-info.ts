import type { Instruments } from '../instruments.ts'
import type { SqlDriverAdapterFactory } from './driver-adapter.ts'
import { activeProvider, clientVersion } from './internals.ts'

/** Keeps `prisma_client_info`: what was instrumented, and where its row counters come from. */
export class ClientInfo {
  readonly #instruments: Instruments
  #alone: SqlDriverAdapterFactory | undefined
  adapterWrapped = false

  constructor(instruments: Instruments) {
    this.#instruments = instruments
    instruments.clientInfo.beforeCollect(() => {
      if (this.#alone === undefined) return
      // Still not extended at a scrape: a client with the statement layer alone.
      this.#set(undefined, this.#alone.provider, this.#alone.adapterName, true)
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
    if (statements && this.#alone !== undefined) {
      const { provider: alone, adapterName: name } = this.#alone
      this.#instruments.clientInfo.remove('unknown', alone, name, 'statements')
      this.#alone = undefined
    }
    this.#set(clientVersion(client), activeProvider(client) ?? provider, adapterName, statements)
  }

  #set(
    version: string | undefined,
    provider: string | undefined,
    adapter: string | undefined,
    statements: boolean,
  ): void {
    const rowSource = statements ? 'statements' : 'operations'
    this.#instruments.clientInfo
      .with(version ?? 'unknown', provider ?? 'unknown', adapter ?? 'none', rowSource)
      .set(1)
  }
}
