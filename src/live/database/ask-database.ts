import type { DatabaseAccess, ReadQuery } from '../../support/activity.ts'
import type { Table } from '../sections/table.ts'
import { askMysql, askSqlite } from './other-databases.ts'
import { askPostgres } from './postgres.ts'

/** An answer serves all readers for this long, in milliseconds. */
const freshMilliseconds = 10_000
/** The longest time for one statement, in seconds. */
const statementSeconds = 3
/** The longest time for an answer, in milliseconds. */
const patience = 8000

export interface DatabaseAnswer {
  readonly tables: readonly Table[]
  /** Why there are no tables. */
  readonly note: string | undefined
}

const askers: Readonly<
  Record<string, (query: ReadQuery, access: DatabaseAccess) => Promise<Table[]>>
> = { postgres: askPostgres, mysql: askMysql, sqlite: askSqlite }

/** Asks the databases of clients when a reader wants it: one at a time, and not again for ten seconds. */
export class AskDatabase {
  readonly #report: (error: unknown) => void
  readonly #answers = new Map<string, { readonly at: number; readonly answer: DatabaseAnswer }>()
  #running: Promise<unknown> = Promise.resolve()
  #asking = false

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  ask(client: string, access: () => DatabaseAccess | undefined): Promise<DatabaseAnswer> {
    const answer = this.#running.then(() => this.#fresh(client, access))
    this.#running = answer.catch(() => {})
    return answer
  }

  async #fresh(client: string, access: () => DatabaseAccess | undefined): Promise<DatabaseAnswer> {
    const known = this.#answers.get(client)
    if (known !== undefined && performance.now() - known.at < freshMilliseconds) return known.answer
    const answer = await this.#read(access())
    this.#answers.set(client, { at: performance.now(), answer })
    return answer
  }

  async #read(access: DatabaseAccess | undefined): Promise<DatabaseAnswer> {
    if (access === undefined) {
      return noted(
        'No connection is free, or the client has not connected through an instrumented driver.',
      )
    }
    const ask = Object.hasOwn(askers, access.provider) ? askers[access.provider] : undefined
    if (ask === undefined) return noted(`${access.provider} is not supported.`)
    if (this.#asking) return noted('The database has not answered the last time yet.')
    this.#asking = true
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<DatabaseAnswer>((resolve) => {
      timer = setTimeout(() => resolve(noted('The database did not answer in time.')), patience)
    })
    const asked = access.read((query) => ask(query, access), statementSeconds)
    try {
      return await Promise.race([asked.then((tables) => ({ tables, note: undefined })), late])
    } catch (error) {
      this.#report(error)
      return noted('The database could not be asked; onError has the reason.')
    } finally {
      clearTimeout(timer)
      void asked
        .catch(() => {})
        .finally(() => {
          this.#asking = false
        })
    }
  }
}

function noted(note: string): DatabaseAnswer {
  return { tables: [], note }
}
