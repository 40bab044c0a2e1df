import type { OperationCall } from '../database/operations/operation.ts'
import { rawModel } from '../database/statements/parsed-statements.ts'
import type {
  ActivityListener,
  ActivitySource,
  DatabaseAccess,
  EndedScope,
  OperationInProgress,
  TransactionInProgress,
} from '../support/activity.ts'
import { secondsSince } from '../support/elapsed.ts'
import { activeTrace } from '../support/trace-context.ts'
import type { HeldTransaction } from '../database/holders/held-transaction.ts'
import type { NPlusOneSuspect } from './event-options.ts'
import { sqlFingerprint } from './n-plus-one/sql-fingerprint.ts'
import { describeOpen } from './open-transaction.ts'
import { reportedOperation } from './reported-operation.ts'
import type { ActiveScope } from './scopes/active-scope.ts'

/** Reports per second that are described; further ones are only counted in the metrics. */
const maxReports = 20

interface Started {
  readonly at: number
  readonly scope: ActiveScope | undefined
}

/** What is read when a reader asks. */
export interface ActivityReads {
  readonly openTransactions: Iterable<HeldTransaction>
  /** `postgres`, `mysql`, `sqlite` or another one; undefined before the client has connected. */
  readonly provider: () => string | undefined
  /** The access to the client's database, if there is a free connection. */
  readonly database: () => Omit<DatabaseAccess, 'fingerprintOf'> | undefined
}

/** Reports single operations and scopes of one client while somebody listens; otherwise it is idle. */
export class OperationActivity implements ActivitySource {
  readonly client: string
  readonly #slowSeconds: number | undefined
  readonly #reads: ActivityReads
  readonly #listeners = new Set<ActivityListener>()
  readonly #inProgress = new Map<OperationCall, Started>()
  #second = 0
  #reports = 0

  /** @param slowSeconds as the option `slowOperation` sets it */
  constructor(client: string, slowSeconds: number | undefined, reads: ActivityReads) {
    this.client = client
    this.#slowSeconds = slowSeconds
    this.#reads = reads
  }

  get observed(): boolean {
    return this.#listeners.size > 0
  }

  listen(listener: ActivityListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
      if (!this.observed) this.#inProgress.clear()
    }
  }

  operationsInProgress(): readonly OperationInProgress[] {
    return Array.from(this.#inProgress, ([{ model = rawModel, operation }, { at, scope }]) => ({
      model,
      operation,
      ageSeconds: secondsSince(at),
      scope: scope?.name,
    }))
  }

  transactionsInProgress(): readonly TransactionInProgress[] {
    return Array.from(this.#reads.openTransactions, (transaction) => ({
      ...describeOpen(transaction),
      lastStatement: transaction.lastStatement && this.#fingerprintOf(transaction.lastStatement),
    }))
  }

  database(): DatabaseAccess | undefined {
    const access = this.#reads.database()
    return access && { ...access, fingerprintOf: (sql) => this.#fingerprintOf(sql) }
  }

  #fingerprintOf(sql: string): string {
    return sqlFingerprint({ operation: '$queryRaw', args: [sql], provider: this.#reads.provider() })
  }

  started(call: OperationCall, scope: ActiveScope | undefined): void {
    this.#inProgress.set(call, { at: performance.now(), scope })
  }

  /** @param code of a failed operation */
  settled(
    call: OperationCall,
    scope: ActiveScope | undefined,
    durationSeconds: number,
    code: string | undefined,
  ): void {
    this.#inProgress.delete(call)
    for (const listener of this.#listeners) {
      const slow = durationSeconds >= (this.#slowSeconds ?? listener.slowSeconds)
      if ((!slow && code === undefined) || !this.#mayReport()) continue
      const { suppressed: _, ...reported } = reportedOperation(call, scope, durationSeconds, 0)
      listener.operation({ ...reported, code, traceId: activeTrace()?.['trace_id'] })
    }
  }

  suspect(suspect: NPlusOneSuspect): void {
    for (const listener of this.#listeners) listener.suspect(suspect)
  }

  scopeEnded(scope: EndedScope): void {
    for (const listener of this.#listeners) listener.scopeEnded(scope)
  }

  /** A storm of errors must not cost the time that describing each takes. */
  #mayReport(): boolean {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#reports = 0
    }
    this.#reports += 1
    return this.#reports <= maxReports
  }
}
