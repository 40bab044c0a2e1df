import {
  type ActivityListener,
  type ActivitySource,
  activitySourcesOf,
  type DatabaseAccess,
  type EndedScope,
  type NotedOperation,
  type NotedSuspect,
} from '../../support/activity.ts'
import { isRequestScope } from '../../monitoring/promql.ts'
import { defaultThresholds } from '../../monitoring/thresholds.ts'
import { keyOf } from './counters.ts'

/** Operations of one fingerprint and outcome that were slow or have failed. */
export interface JournalEntry {
  /** The latest one. */
  readonly latest: NotedOperation
  readonly at: number
  readonly count: number
  readonly longest: number
}

export interface JournalSuspect {
  readonly latest: NotedSuspect
  readonly at: number
  readonly runs: number
}

export interface JobRun {
  readonly run: EndedScope
  readonly at: number
}

/** Fingerprints that are kept, the latest ones. */
const maxEntries = 50
const maxSuspects = 50
const maxJobs = 200

/** What the operations and scopes of this process did since the first reader, by client. */
export class Journal {
  readonly #registries: readonly object[]
  readonly #listening = new Map<ActivitySource, () => void>()
  readonly #clients = new Map<string, ClientJournal>()

  constructor(registries: readonly object[]) {
    this.#registries = registries
  }

  /** Starts to listen to clients that are instrumented by now, and ends it for those that are not. */
  follow(): void {
    const sources = new Set(this.#registries.flatMap(activitySourcesOf))
    for (const source of sources) {
      if (this.#listening.has(source)) continue
      this.#listening.set(source, source.listen(this.of(source.client)))
    }
    for (const [source, stop] of this.#listening) {
      if (sources.has(source)) continue
      stop()
      this.#listening.delete(source)
    }
  }

  stop(): void {
    for (const end of this.#listening.values()) end()
    this.#listening.clear()
    this.#clients.clear()
  }

  /** The sources of a client: several instrumentations may share its name. */
  sourcesOf(client: string): readonly ActivitySource[] {
    return [...this.#listening.keys()].filter((source) => source.client === client)
  }

  /** Access to the database of a client, if one of its instrumentations has a free connection. */
  databaseOf(client: string): DatabaseAccess | undefined {
    for (const source of this.sourcesOf(client)) {
      const access = source.database()
      if (access !== undefined) return access
    }
    return undefined
  }

  of(client: string): ClientJournal {
    let journal = this.#clients.get(client)
    if (journal === undefined) {
      journal = new ClientJournal()
      this.#clients.set(client, journal)
    }
    return journal
  }
}

export class ClientJournal implements ActivityListener {
  readonly slowSeconds: number = defaultThresholds.latencySeconds
  /** The least recent first. */
  readonly entries: Map<string, JournalEntry> = new Map()
  readonly suspects: Map<string, JournalSuspect> = new Map()
  readonly jobs: Map<string, JobRun> = new Map()

  operation(operation: NotedOperation): void {
    const { model, operation: name, fingerprint, code, durationSeconds } = operation
    const key = keyOf(model, name, code, fingerprint)
    const { count = 0, longest = 0 } = this.entries.get(key) ?? {}
    put(this.entries, maxEntries, key, {
      latest: operation,
      at: Date.now(),
      count: count + 1,
      longest: Math.max(longest, durationSeconds),
    })
  }

  suspect(suspect: NotedSuspect): void {
    const key = keyOf(suspect.scope, suspect.model, suspect.operation, suspect.fingerprint)
    const { runs = 0 } = this.suspects.get(key) ?? {}
    put(this.suspects, maxSuspects, key, { latest: suspect, at: Date.now(), runs: runs + 1 })
  }

  scopeEnded(run: EndedScope): void {
    if (!isRequestScope(run.scope)) put(this.jobs, maxJobs, run.scope, { run, at: Date.now() })
  }
}

/** Keeps the entries that were put last. */
function put<T>(entries: Map<string, T>, max: number, key: string, value: T): void {
  entries.delete(key)
  entries.set(key, value)
  const [oldest] = entries.keys()
  if (entries.size > max && oldest !== undefined) entries.delete(oldest)
}
