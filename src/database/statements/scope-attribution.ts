import type { ScopeAccount } from '../holders/scope-account.ts'
import type { StatementScope } from './row-counters.ts'

/** Finds the scope of statements. */
export interface ScopeAttribution {
  /** The scope of the running code; undefined outside scopes. */
  ofCaller(): StatementScope | undefined
  /**
   * The scope of a statement that is being sent. Prisma sends the operations of one tick in the async
   * context of the first one, so the statement can belong to an array of another scope: the shared scope
   * is returned then. Undefined outside scopes.
   */
  ofStatement(): StatementScope | undefined
  /** The account of the running code's scope. */
  accountOfCaller(): ScopeAccount
  /** The account of the scope of a statement that is being sent: see {@link ofStatement}. */
  accountOfStatement(): ScopeAccount
  /** The account of what cannot be attributed to one scope. */
  readonly sharedAccount: ScopeAccount
  /** Records an operation of an array that the running code starts; returns the function that ends it. */
  arrayOperation(): () => void
}
