import type { Seeded } from '../../test/events/seeded.ts'

/** One of the faults, as drill.md lists them. */
export interface Fault {
  readonly name: string
  readonly title: string
  /** Prisma versions whose service can have it. */
  readonly versions: readonly ('7' | '8')[]
  /** Whether the service has run for an hour (3 minutes of the shortened clock) before the fault. */
  readonly compares?: true
  /** Chooses where it is planted. */
  choose(random: Seeded, scopes: Scopes): Target
  /** What happens outside the service; the fault ends when the result is disposed. */
  plant?(target: Target, environment: Environment): Promise<AsyncDisposable>
}

export interface Scopes {
  readonly routes: readonly string[]
  readonly jobs: readonly string[]
}

export interface Target {
  /** Routes and jobs whose code is changed; empty for faults outside the service. */
  readonly places: readonly string[]
  /** Names of the culprit: the alert must contain one of them. */
  readonly names: readonly string[]
  /** Scopes and operations (`Model.operation`) of the culprit: alerts may blame them. */
  readonly guilty: readonly string[]
  /** Whether the culprit has a line of code that calls Prisma, which a callback can report. */
  readonly hasLine: boolean
}

export interface Environment {
  /** The service's database. */
  readonly databaseUrl: string
}
