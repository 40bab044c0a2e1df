import type { Recorded } from '../record/recorder.ts'
import type { Severity } from '../../monitoring/rule.ts'

/** A shipped alert, evaluated by this process. */
export interface Light {
  readonly alert: string
  readonly state: 'ok' | 'firing' | 'unknown'
  readonly severity: Severity
  /** What is observed, in a sentence. */
  readonly sentence: string
  readonly value: string
  readonly threshold: string
  /** `last 5 min`, or how much of it is recorded: `since 40 s`. */
  readonly window: string
}

export interface LightContext {
  readonly recorded: Recorded
  readonly client: string
}

/** What a rule finds. */
export interface Finding {
  /** Undefined if there is nothing to compare, as without a pool. */
  readonly firing: boolean | undefined
  readonly sentence: string
  readonly value: string
  readonly threshold: string
  /** The length of the alert's window, in seconds; 0 for a current value. */
  readonly windowSeconds: number
}

export interface LightRule {
  readonly alert: string
  readonly find: (context: LightContext) => Finding
}
