import { exactNames, type ModelNames, type ModelTable } from '../../database/model-names.ts'
import type { Contract, TableSource } from './plan.ts'

/** The namespace of all models of SQLite, whose schema is called `main`. */
const unbound = '__unbound__'

/** The schemas whose tables SQL writes without one: of Postgres, of SQLite. */
const defaultSchemas: ReadonlySet<string> = new Set(['public', 'main'])

/** The schema of a namespace. */
function schemaOf(namespace: string): string {
  return namespace === unbound ? 'main' : namespace
}

/** The model of a table in a plan; undefined if its name is that of another model. */
export function modelOfTable(
  { name, namespaceId }: TableSource,
  models: ModelNames,
): string | undefined {
  if (name === undefined) return undefined
  return models.resolve(name, namespaceId && schemaOf(namespaceId), exactNames)
}

/**
 * The models of a contract by their labels: the model's name, with its namespace if another namespace
 * has a model of the same name.
 */
export class ContractModels {
  readonly #names: ModelNames
  readonly #onContract: (contract: Contract, models: readonly LearnedModel[]) => void
  readonly #learned = new WeakSet<Contract>()
  #latest: Contract | undefined
  /** Label by namespace, then by model. */
  readonly #labels = new Map<string, Map<string, string>>()

  /** @param onContract receives each contract that is learned. */
  constructor(
    names: ModelNames,
    onContract: (contract: Contract, models: readonly LearnedModel[]) => void,
  ) {
    this.#names = names
    this.#onContract = onContract
  }

  learn(contract: Contract): void {
    if (contract === this.#latest) return
    this.#latest = contract
    if (this.#learned.has(contract)) return
    this.#learned.add(contract)
    const models = modelsOf(contract)
    for (const { namespace, model, label } of models) {
      const labels = this.#labels.get(namespace) ?? new Map<string, string>()
      this.#labels.set(namespace, labels.set(model, label))
    }
    // If several schemas have a table name, SQL without a schema means the default schema.
    const tables = models.flatMap(({ label, table, shared, namespace }) =>
      table === undefined || shared ? [] : [{ model: label, table, schema: schemaOf(namespace) }],
    )
    this.#names.learn(tables.toSorted((one, other) => rank(one) - rank(other)))
    this.#onContract(contract, models)
  }

  labelOf(namespace: string, model: string): string {
    return this.#labels.get(namespace)?.get(model) ?? model
  }
}

function rank({ schema }: ModelTable): number {
  return schema !== undefined && defaultSchemas.has(schema) ? 0 : 1
}

/** A model of a contract. */
export interface LearnedModel {
  readonly namespace: string
  readonly model: string
  /** The value of the `model` label. */
  readonly label: string
  readonly table: string | undefined
  /** True for a variant that is stored in the table of its base. */
  readonly shared: boolean
}

function modelsOf(contract: Contract): LearnedModel[] {
  const namespaces = Object.entries(contract.domain?.namespaces ?? {})
  const uses = new Map<string, number>()
  for (const [, { models = {} }] of namespaces)
    for (const model of Object.keys(models)) uses.set(model, (uses.get(model) ?? 0) + 1)
  return namespaces.flatMap(([namespace, { models = {} }]) => {
    const bases = new Set(
      Object.values(models).flatMap(({ base, storage }) =>
        base === undefined && storage?.table !== undefined ? [storage.table] : [],
      ),
    )
    return Object.entries(models).map(([model, { base, storage }]) => ({
      namespace,
      model,
      label: (uses.get(model) ?? 0) > 1 ? `${namespace}.${model}` : model,
      table: storage?.table,
      shared: base !== undefined && storage?.table !== undefined && bases.has(storage.table),
    }))
  })
}
