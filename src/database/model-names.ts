import { isName, splitName } from './sql/lexer.ts'

/** A model of the Prisma schema and the table it is mapped to. */
export interface ModelTable {
  readonly model: string
  readonly table: string
  /** The schema that the Prisma schema names; undefined for the default schema. */
  readonly schema: string | undefined
}

/** How a database finds the table of a name. */
export interface NameRules {
  /** The schema of a name without one; undefined if there is no such schema or it is unknown. */
  readonly defaultSchema: string | undefined
  /** True if names that differ in case only are one name: SQLite, SQL Server, some MySQL servers. */
  readonly ignoresCase: boolean
}

/** For names that the database reports, which are not written in SQL by hand. */
export const exactNames: NameRules = { defaultSchema: undefined, ignoresCase: false }

interface GivenName {
  readonly model: string
  readonly table: string
  /** Undefined for a table of any schema. */
  readonly schema: string | undefined
}

/** Finds the model of a table. */
export class ModelNames {
  /** By the table's name in lower case. */
  readonly #byTable = new Map<string, ModelTable[]>()
  readonly #given: readonly GivenName[]
  readonly #models: Set<string>

  /** Changes whenever names may resolve differently. */
  version = 0

  /** @param given the `models` option: it takes precedence over the models of clients. */
  constructor(given: Readonly<Record<string, string>>) {
    this.#given = Object.entries(given).map(([name, model]) => givenName(name, model))
    this.#models = new Set(Object.values(given))
  }

  /** Adds the models of a client. */
  learn(models: readonly ModelTable[]): void {
    for (const added of models) {
      this.#models.add(added.model)
      const key = added.table.toLowerCase()
      const known = this.#byTable.get(key) ?? []
      if (known.some((each) => each.table === added.table && each.schema === added.schema)) continue
      this.#byTable.set(key, [...known, added])
      this.version += 1
    }
  }

  /**
   * The model label of a table. A table without a model (an implicit many-to-many table, a table
   * outside the Prisma schema) has its own name; undefined if that is the name of another model.
   */
  resolve(table: string, schema: string | undefined, rules: NameRules): string | undefined {
    const model = this.#givenModel(table, schema, rules) ?? this.#modelOf(table, schema, rules)
    if (model !== undefined) return model
    if (!this.#models.has(table)) return table
    const place = schema ?? rules.defaultSchema
    return place === undefined || (this.#namesakes(table, rules).length > 0 && schema === undefined)
      ? undefined
      : `${place}.${table}`
  }

  #givenModel(table: string, schema: string | undefined, rules: NameRules): string | undefined {
    const place = schema ?? rules.defaultSchema
    return this.#given.find(
      (given) =>
        isSame(given.table, table, rules) &&
        (given.schema === undefined || (place !== undefined && isSame(given.schema, place, rules))),
    )?.model
  }

  #modelOf(table: string, schema: string | undefined, rules: NameRules): string | undefined {
    const namesakes = this.#namesakes(table, rules)
    const { defaultSchema } = rules
    if (schema === undefined) {
      const isDefault = ({ schema: own = defaultSchema }: ModelTable): boolean =>
        own === defaultSchema ||
        (own !== undefined && defaultSchema !== undefined && isSame(own, defaultSchema, rules))
      // Not in the default schema: the search path decides, which is certain for one candidate only.
      const found = namesakes.find(isDefault) ?? (namesakes.length === 1 ? namesakes[0] : undefined)
      return found?.model
    }
    const isThere = ({ schema: own = defaultSchema }: ModelTable): boolean =>
      own === undefined || isSame(own, schema, rules)
    const found = namesakes.filter(isThere)
    return (found.find((each) => each.schema !== undefined) ?? found[0])?.model
  }

  /** The models whose table has this name, in any schema. */
  #namesakes(table: string, rules: NameRules): readonly ModelTable[] {
    const known = this.#byTable.get(table.toLowerCase()) ?? []
    return known.filter((each) => isSame(each.table, table, rules))
  }
}

function isSame(name: string, other: string, { ignoresCase }: NameRules): boolean {
  return name === other || (ignoresCase && name.toLowerCase() === other.toLowerCase())
}

/** Reads a key of the `models` option: `table` or `schema.table`, quoted if a part has a dot. */
function givenName(key: string, model: string): GivenName {
  const { table = key, schema } = isName(key) ? splitName(key, undefined) : {}
  return { model, table, schema }
}
