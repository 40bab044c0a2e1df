import { asRecordedCall } from '../../database/pool/recorded-calls.ts'
import type { StatementError } from '../../database/statements/statement-error.ts'
import type {
  StatementRecorder,
  StatementSinks,
} from '../../database/statements/statement-recorder.ts'
import type { TransactionRecorder } from '../../database/statements/transaction-recorder.ts'
import type { Comments } from '../comments/comments.ts'
import type { SqlDriverAdapter, SqlDriverAdapterFactory } from '../driver-adapter.ts'
import { statementError } from '../driver-error.ts'
import type { StatementWaits } from './connection-wait.ts'
import type { TransactionOpenings } from './transaction-openings.ts'

/** The recorders of the statement layer. */
export interface StatementLayer extends StatementSinks {
  /** True to ask Postgres of each native upsert whether it inserted or updated. */
  readonly exactUpserts: boolean
  /** True to ask Postgres about transactions whose COMMIT had no answer. */
  readonly decideUnknown: boolean
  /**
   * Called with each adapter that connects and its instrumented factory; returns the function to call
   * when the adapter is disposed.
   */
  connected(adapter: SqlDriverAdapter, factory: SqlDriverAdapterFactory): () => void
  /** Attributes the waits for connections. */
  readonly waits: StatementWaits
  readonly openings: TransactionOpenings
  readonly comments: Comments
}

/** The context of a statement. */
export interface StatementContext {
  readonly transaction: TransactionRecorder | undefined
  /** True if the wait for a connection is visible. */
  readonly showsWaits: boolean
}

/** A call of a driver, with what follows it. */
export interface ObservedCall<T> {
  /** The transaction that is not idle until the call settles. */
  readonly transaction: TransactionRecorder | undefined
  send(): Promise<T>
  succeeded(result: T): void
  failed(error: unknown): void
}

/** Watches the calls of one factory's adapters. */
export class CallWatch {
  readonly recorder: StatementRecorder
  readonly layer: StatementLayer

  constructor(recorder: StatementRecorder, layer: StatementLayer) {
    this.recorder = recorder
    this.layer = layer
  }

  guard<T>(record: () => T): T | undefined {
    return this.layer.errorReporter.guard(record)
  }

  classified(error: unknown): StatementError {
    return statementError(this.recorder.database.provider, error)
  }

  callFailed(error: unknown): void {
    this.guard(() => this.recorder.countError(this.classified(error)))
  }

  isCommit(sql: string): boolean {
    return this.guard(() => this.recorder.statements.of(sql).control?.control) === 'commit'
  }

  /**
   * Returns the promise of the call, with a listener attached before any other, so its waiters continue in
   * the same tick as without instrumentation.
   */
  observed<T>(call: ObservedCall<T>): Promise<T> {
    const held = call.transaction?.held
    held?.statementSent()
    let answer
    try {
      answer = asRecordedCall(() => call.send())
    } catch (error) {
      held?.statementSettled()
      this.guard(() => call.failed(error))
      throw error
    }
    void Promise.resolve(answer).then(
      (result) => {
        held?.statementSettled()
        this.guard(() => call.succeeded(result))
      },
      (error: unknown) => {
        held?.statementSettled()
        this.guard(() => call.failed(error))
      },
    )
    return answer
  }
}
