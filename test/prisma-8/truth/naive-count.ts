import type { Action, Writes } from '../../support/database/database.ts'

interface Plan {
  readonly ast: {
    readonly kind: string
    readonly table?: { readonly name: string; readonly namespaceId: string | undefined }
  }
}

/** The rows that a middleware alone can count: those of each execution as it ends. */
export class NaiveCount {
  readonly name = 'naive'
  readonly #rows = new Map<string, number>()

  afterQuery(plan: object, end: { readonly rowCount: number }): Promise<void> {
    this.#add(plan as Plan, end.rowCount)
    return Promise.resolve()
  }

  afterExecute(
    plan: object,
    end: { readonly completed: boolean; readonly stats?: { readonly affectedRows: number } },
  ): Promise<void> {
    this.#add(plan as Plan, end.stats?.affectedRows ?? 0)
    return Promise.resolve()
  }

  /** The tables and actions whose count is not that of the triggers. */
  mismatches(audited: Writes): string[] {
    return Object.entries(audited).flatMap(([table, truth]) =>
      Object.entries(truth).flatMap(([action, rows]) =>
        (this.#rows.get(`${table} ${action}`) ?? 0) === rows ? [] : [`${table} ${action}`],
      ),
    )
  }

  #add({ ast: { kind, table } }: Plan, rows: number): void {
    const actions: readonly string[] = ['insert', 'update', 'delete'] satisfies Action[]
    if (table === undefined || !actions.includes(kind)) return
    const schema = table.namespaceId === 'public' ? '' : `${table.namespaceId}.`
    const key = `${schema}${table.name} ${kind}`
    this.#rows.set(key, (this.#rows.get(key) ?? 0) + rows)
  }
}
