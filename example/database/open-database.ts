import { startEmbeddedPostgres } from './embedded-postgres.ts'

export interface Database {
  readonly url: string
  readonly description: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Opens the database of `DATABASE_URL`, or an embedded one that is removed when it is closed. */
export async function openDatabase(): Promise<Database> {
  const url = process.env['DATABASE_URL']
  if (url !== undefined) {
    return { url, description: 'the one of DATABASE_URL', async [Symbol.asyncDispose]() {} }
  }
  const postgres = await startEmbeddedPostgres()
  return {
    url: postgres.url,
    description: `embedded Postgres at ${postgres.url}`,
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  }
}
