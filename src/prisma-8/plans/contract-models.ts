import type { ModelNames, ModelTable } from '../../database/model-names.ts'
import type { Contract } from './plan.ts'

/** The namespaces of Postgres and SQLite whose tables SQL names without a schema. */
const defaultNamespaces: readonly string[] = ['public', '__unbound__']

/** The schema of tables that SQL names without one. */
export function defaultNamespace(contract: Contract): string {
  const namespaces = contract.domain?.namespaces ?? {}
  return defaultNamespaces.find((name) => Object.hasOwn(namespaces, name)) ?? 'public'
}

/**
 * The models of a contract by their labels: the model's name, with its namespace if another namespace
 * has a model of the same name.
 */
export class ContractModels {
  readonly #names: ModelNames
  readonly #onContract: (contract: Contract, models: readonly LearnedModel[]) => void
  readonly #learned = new WeakSet<Contract>()
  /** Label by namespace and model. */
  readonly #labels = new Map<string, string>()

  /** @param onContract receives each contract that is learned. */
  constructor(
    names: ModelNames,
    onContract: (contract: Contract, models: readonly LearnedModel[]) => void,
  ) {
    this.#names = names
    this.#onContract = onContract
  }

  learn(contract: Contract): void {
    if (this.#learned.has(contract)) return
    this.#learned.add(contract)
    const models = modelsOf(contract)
    for (const { namespace, model, label } of models)
      this.#labels.set(`${namespace}.${model}`, label)
    // If several schemas have a table name, SQL without a schema means the default schema.
    const home = defaultNamespace(contract)
    const tables = models.flatMap(({ label, table, shared, namespace }) =>
      table === undefined || shared ? [] : [{ model: label, table, schema: namespace }],
    )
    this.#names.learn(tables.toSorted((one, other) => rank(one, home) - rank(other, home)))
    this.#onContract(contract, models)
  }

  labelOf(namespace: string | undefined, model: string): string {
    return this.#labels.get(`${namespace}.${model}`) ?? model
  }
}

function rank({ schema }: ModelTable, home: string): number {
  return schema === home ? 0 : 1
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
