import type { Instruments } from '../metrics/instruments.ts'

export interface UnappliedMigration {
  readonly name: string
  readonly state: 'failed' | 'pending'
}

const maxMigrations = 20

/** Exposes the names of failed and pending migrations. */
export class MigrationInfo {
  readonly #info: Instruments['migrationInfo']
  #shown: readonly UnappliedMigration[] = []

  constructor({ migrationInfo }: Instruments) {
    this.#info = migrationInfo
  }

  /** Replaces the exposed migrations by the first of these, failed ones first, in the order of names. */
  show(migrations: readonly UnappliedMigration[]): void {
    for (const { name, state } of this.#shown) this.#info.remove(name, state)
    this.#shown = migrations
      .toSorted((one, other) => order(one).localeCompare(order(other)))
      .slice(0, maxMigrations)
    for (const { name, state } of this.#shown) this.#info.with(name, state).set(1)
  }
}

function order({ name, state }: UnappliedMigration): string {
  return `${state} ${name}`
}
