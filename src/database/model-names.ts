/** A model of the Prisma schema and the table it is mapped to. */
export interface ModelTable {
  readonly model: string
  readonly table: string
  readonly schema: string | undefined
}

// A Prisma schema without `schemas` does not say which one its tables are in.
const anySchema = '*'

/**
 * Table → model. Tables that no model is known for (an implicit many-to-many table, a table outside
 * the Prisma schema, all of them where only the adapter is wrapped) keep their own name.
 */
export class ModelNames {
  readonly #byTable = new Map<string, string>()
  /** For SQL that a program wrote without quotes, in whatever case. */
  readonly #byFoldedTable = new Map<string, string>()
  readonly #given: Readonly<Record<string, string>>
  readonly #models: Set<string>

  /** Another one whenever names may resolve to something else than before. */
  version = 0

  /** @param given the `models` option: it wins over what is learned. */
  constructor(given: Readonly<Record<string, string>>) {
    this.#given = given
    this.#models = new Set(Object.values(given))
  }

  /** Takes in the models of a client. */
  learn(models: readonly ModelTable[]): void {
    for (const { model, table, schema } of models) {
      this.#models.add(model)
      // A table name that stands in several schemas keeps its first model when read without schema.
      for (const key of [`${schema ?? anySchema}.${table}`, table]) {
        if (!this.#byTable.has(key)) {
          this.#byTable.set(key, model)
          this.version += 1
        }
        const folded = key.toLowerCase()
        if (!this.#byFoldedTable.has(folded)) this.#byFoldedTable.set(folded, model)
      }
    }
  }

  /** @param home the schema of the models that say none; where it is not known, any could be it. */
  resolve(table: string, schema: string | undefined, home: string | undefined): string {
    if (schema === undefined) return this.#lookUp(table) ?? table
    const isHome = home === undefined || home.toLowerCase() === schema.toLowerCase()
    return (
      this.#lookUp(`${schema}.${table}`) ??
      this.#givenFor(table) ??
      (isHome ? this.#lookUp(`${anySchema}.${table}`) : undefined) ??
      // It is no model's, and must not be taken for the one of the same name.
      (this.#models.has(table) ? `${schema}.${table}` : table)
    )
  }

  #lookUp(key: string): string | undefined {
    const folded = key.toLowerCase()
    return (
      this.#givenFor(key) ??
      this.#byTable.get(key) ??
      this.#givenFor(folded) ??
      this.#byFoldedTable.get(folded)
    )
  }

  #givenFor(key: string): string | undefined {
    return Object.hasOwn(this.#given, key) ? this.#given[key] : undefined
  }
}
